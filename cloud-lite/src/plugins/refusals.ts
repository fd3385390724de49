import type { RefusalCode } from "../refusal-code.ts";

/** What can be wrong with a request itself. */
export const REQUEST_REFUSALS = {
  JSON_TOO_DEEP: {
    status: 400,
    sentence: "The body is nested deeper than {limit} levels.",
    help: "Nothing that this API takes is nested so deep; compare the body with the examples at /docs.",
  },
  TEXT_UNFIT: {
    status: 400,
    sentence: "{where} has {what} in it, which no text may have.",
    help: "Send text as UTF-8, without control characters.",
  },
  REQUEST_INVALID: {
    status: 400,
    sentence: "The request is not as documented: {reason}.",
    help: "Compare it with /api/v1/openapi.json; browse it at /docs.",
  },
  BODY_NOT_JSON: {
    status: 400,
    sentence: "The body is not JSON: {reason}.",
    help: "Send valid JSON with Content-Type: application/json.",
  },
  BODY_TOO_LARGE: {
    status: 413,
    sentence: "The body is larger than the {limit} bytes that this route takes.",
    help: "Send less at once.",
  },
  FILE_TOO_LARGE: {
    status: 413,
    sentence: "The file is larger than the {limit} bytes that {option} allows.",
    help: "Raise {option} of the cloud, or make the file smaller.",
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    sentence: "This route does not take {mediaType}.",
    help: "Send one of the media types that /api/v1/openapi.json names for this route.",
  },
  PATH_TOO_LONG: {
    status: 414,
    sentence: "A part of the path is longer than any name here.",
    help: "Check the path; long lists belong into the body.",
  },
  PATH_MALFORMED: {
    status: 400,
    sentence: "{path} is no path: its percent signs do not stand for characters.",
    help: "Encode each part of the path (encodeURIComponent), a percent sign as %25.",
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    sentence: "The request line and its headers are larger than 16 KiB.",
    help: "Send less in headers and in the query; look for cookies that are not for this server.",
  },
  REQUEST_TIMEOUT: {
    status: 408,
    sentence: "The request took too long to arrive.",
    help: "Send it again; send a large file in parts, with PATCH /api/v1/uploads/{sha256}.",
  },
  HTTP_MALFORMED: {
    status: 400,
    sentence: "What came is no HTTP request.",
    help: "Check the port, and whether it is http:// or https:// that is meant.",
  },
  ROUTE_UNKNOWN: {
    status: 404,
    sentence: "There is no {method} {path}.",
    help: "Browse the API at /docs.",
  },
  PRECONDITION_FAILED: {
    status: 412,
    sentence: "It has changed since you read it: its ETag is {etag} now.",
    help: "Read it again, look at what changed, and send your change with the new ETag in If-Match.",
  },
  CURSOR_INVALID: {
    status: 400,
    sentence: "The cursor is not one of this list.",
    help: "Pass metadata.nextCursor of the page before, unchanged, or start without a cursor.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    sentence: 'Idempotency-Key "{key}" was used before for another request.',
    help: "Use a new key for each new request; repeat a key only with the same method, path and body.",
  },
  SECRET_SHOWN_ONCE: {
    status: 409,
    sentence: "This request was carried out before, and its secret was shown then.",
    help: "Make another (token, key or webhook), and revoke or delete the one whose secret was lost.",
  },
} as const satisfies Record<string, RefusalCode>;
