// What went wrong, in words that say what to do. Pure.

const byCode = {
  rate_limited: 'That was too much at once. Wait a few seconds and try again.',
  not_found: 'It is not there any more.',
  forbidden: 'Your role in this room does not allow that.',
  muted: 'You are muted in this room.',
  not_a_member: 'You are not in this room. Join it first.',
  overloaded: 'The server has too much to do. Try again in a moment.',
  store_unavailable: 'The server cannot keep anything just now. Try again in a moment.',
  shutting_down: 'The server is restarting. Try again in a moment.',
};

/** What happened, and what to do. @param error the client's ProblemError or NetworkError */
export function explain(error) {
  if (error.name === 'NetworkError') return 'The server cannot be reached. Try again when you are connected.';
  if (error.name !== 'ProblemError') return error.message;
  if (!error.code) {
    return `Something between you and the server answered ${error.status}. Try again; if it stays, test this network.`;
  }
  return Object.values(error.fields ?? {})[0] ?? byCode[error.code] ?? error.message;
}

/** What happened alone, for where the page does what there is to do. */
export const happened = (error) => `${explain(error).split('. ')[0].replace(/\.$/, '')}.`;
