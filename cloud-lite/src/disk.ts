import { Refusal, type RefusalName } from "./refusals.ts";

/** What a file system, or SQLite on it, says of a place: who runs the cloud can mend it. */
const SAID_OF_A_PLACE =
  /^(E(ACCES|BUSY|DQUOT|EXIST|FBIG|IO|ISDIR|LOOP|NAMETOOLONG|NOENT|NOSPC|NOTDIR|NOTEMPTY|PERM|ROFS|STALE)|SQLITE_(CANTOPEN|FULL|IOERR|READONLY).*)$/;

/** Does what writes files. @throws {Refusal} of this code, with the path and what the file system says */
export async function onDisk<T>(code: RefusalName, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isOfPlace = cause instanceof Error && "code" in cause && SAID_OF_A_PLACE.test(String(cause.code));
    if (!isOfPlace) throw cause;
    throw new Refusal(code, { path, reason: cause.message }, { cause });
  }
}
