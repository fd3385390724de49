/** A whole HTTP/1.1 request, made once and sent often. */
export function requestBytes(
  method: string,
  path: string,
  { token, json, type = "application/json" }: { token?: string; json?: string | Buffer; type?: string } = {},
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const body = Buffer.from(json ?? "");
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: bench",
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(json === undefined ? [] : [`content-type: ${type}`, `content-length: ${body.length}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]);
}
