// The parameters that every realtime endpoint takes alike (docs/PROTOCOL.md, section 5).

export function connectQuery({ cursor, session, fellBackFrom, reason, ...rest }) {
  const query = new URLSearchParams();
  if (cursor) query.set('cursor', cursor);
  if (session) query.set('session', session);
  if (fellBackFrom) {
    query.set('fell_back_from', fellBackFrom);
    if (reason) query.set('reason', reason);
  }
  for (const [name, value] of Object.entries(rest)) query.set(name, String(value));
  return query.toString();
}

/** What a refused GET means for the connection: the outcome that onClosed takes. */
export function refusal(response) {
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return {
    cause: response.status === 401 ? 'auth' : 'refused',
    status: response.status,
    retryInMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
  };
}
