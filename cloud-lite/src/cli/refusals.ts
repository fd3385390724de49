import type { RefusalCode } from "../refusal-code.ts";

/** The machine and the command line. */
export const MACHINE_REFUSALS = {
  INTERNAL: {
    status: 500,
    sentence: "The cloud met an error that it has no name for.",
    help: "Search its log for the request id, and report it.",
  },
  NOT_READY: {
    status: 503,
    sentence: "The cloud is not ready: {reason}.",
    help: "Try again shortly; look at its log if it stays.",
  },
  CLOUD_CONFIG_INVALID: {
    status: 0,
    sentence: "{setting} is {value}: {reason}.",
    help: "Correct the option or the environment variable; `cloud help` lists them.",
  },
  CLOUD_NOT_INITIALISED: {
    status: 0,
    sentence: "{folder} holds no cloud.",
    help: "Run `cloud init --data FOLDER` first, or name the right folder.",
  },
  CLOUD_ALREADY_INITIALISED: {
    status: 0,
    sentence: "{folder} holds a cloud already.",
    help: "Start it with `cloud run --data FOLDER`, or choose an empty folder.",
  },
  DATA_IN_USE: {
    status: 0,
    sentence: "{folder} is in use by another cloud.",
    help: "Stop that cloud, or give this one a data folder of its own with --data.",
  },
  DATA_NOT_OURS: {
    status: 0,
    sentence: "{folder} is not empty and holds no cloud: there is {found} in it.",
    help: "Name an empty or a new folder with --data.",
  },
  DATABASE_OTHER: {
    status: 0,
    sentence: "{folder} is a cloud, but there is none in {database}.",
    help: "Give every command the --database that the cloud was made with, or set HALFSHAFT_CLOUD_DATABASE; without it the database is cloud.sqlite in the folder.",
  },
  KEYS_FOREIGN: {
    status: 0,
    sentence: "The database belongs to a cloud whose keys are not those in {folder}.",
    help: "Copy the folder keys of that cloud's first instance there, or name another database with --database.",
  },
  DATA_UNUSABLE: {
    status: 0,
    sentence: "{path} is not usable: {reason}.",
    help: "Check that the folder exists, belongs to this user and has space.",
  },
  PORT_TAKEN: {
    status: 0,
    sentence: "Port {port} on {host} is taken by another program.",
    help: "Stop the other program, or choose another port with {option}; 0 takes any free one.",
  },
  ADDRESS_UNUSABLE: {
    status: 0,
    sentence: "{host} port {port} cannot be listened on: {reason}.",
    help: "Check {option} and the address of this machine.",
  },
  MQTT_BROKER_REFUSED: {
    status: 0,
    sentence: "The MQTT broker {broker} does not let the cloud in: {reason}.",
    help: "Check the user in --mqtt-broker, and the password in HALFSHAFT_CLOUD_MQTT_PASSWORD or --mqtt-password-file.",
  },
  TLS_REQUIRED: {
    status: 0,
    sentence:
      "The cloud would be reached at {host} by plain HTTP, and tokens would cross the network in the clear.",
    help: "Give --tls-cert and --tls-key, or --behind-proxy with the addresses of proxies that speak TLS, or listen on 127.0.0.1.",
  },
  TLS_INCOMPLETE: {
    status: 0,
    sentence: "Of certificate and key one is missing: {missing}.",
    help: "Give both --tls-cert and --tls-key.",
  },
  TLS_UNUSABLE: {
    status: 0,
    sentence: "Certificate {cert} and key {key} cannot be used: {reason}.",
    help: "Check that both are PEM, belong together, and that the chain begins with the server's own certificate.",
  },
  SEED_NOT_EMPTY: {
    status: 0,
    sentence: "The cloud in {folder} has vehicles already.",
    help: "A demonstration fleet is for a new cloud: name an empty folder with --data, and run `cloud init` there.",
  },
  SEED_REFUSED: {
    status: 0,
    sentence: "{path} did not take the demonstration: {reason}.",
    help: "Check that the operator key in the data folder is still an administrator's.",
  },
  OPTION_INVALID: {
    status: 0,
    sentence: "{reason}.",
    help: "See `cloud {verb} --help`.",
  },
  CLOUD_UNREACHABLE: {
    status: 0,
    sentence: "The cloud at {url} does not answer.",
    help: "Start it with `cloud run`, or name another one with --url.",
  },
  IMPORT_FAILED: {
    status: 0,
    sentence: "{path} was not imported: {code}: {reason}",
    help: "Correct that and send the whole file again; rows that were taken before count as unchanged.",
  },
  FILE_UNREADABLE: {
    status: 0,
    sentence: "{path} cannot be read: {reason}.",
    help: "Check the name and its permissions.",
  },
  FILE_UNWRITABLE: {
    status: 0,
    sentence: "{path} cannot be written: {reason}.",
    help: "Check the folder, its permissions and the free space.",
  },
  FILE_EXISTS: {
    status: 0,
    sentence: "{path} is there already.",
    help: "Choose another name, or replace it with --force.",
  },
  PATCH_UNUSABLE: {
    status: 0,
    sentence: "{path} is no patch that can be used here: {reason}.",
    help: "Check that it is the right file for this OLD; make it again if it was damaged.",
  },
  VERB_UNKNOWN: {
    status: 0,
    sentence: "There is no `cloud {verb}`.",
    help: "`cloud help` lists the verbs and the words that they take.",
  },
  WORD_MISSING: {
    status: 0,
    sentence: "`cloud {verb}` needs {what}.",
    help: "`cloud help` shows what each verb takes.",
  },
  WORD_UNEXPECTED: {
    status: 0,
    sentence: "`cloud {verb}` does not take the word {word}.",
    help: "Is an option missing before it: did you mean --data {word}? See `cloud {verb} --help`.",
  },
} as const satisfies Record<string, RefusalCode>;
