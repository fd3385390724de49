class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/** What `work` gives, if it does so in time; it is not stopped. @throws {TimedOut} */
export async function within<T>(ms: number, work: PromiseLike<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TimedOut(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
