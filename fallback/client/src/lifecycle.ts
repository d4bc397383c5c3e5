import type { Clock } from './clock.js';
import type { Stream } from './stream.js';

/** The parts of a window that say how the page fares. */
export interface Page {
  window: EventTarget;
  document: EventTarget & { readonly visibilityState: string };
  /** navigator.connection, where there is one. */
  network?: EventTarget | undefined;
}

/** Away for so long, a stream that looks open may be dead: phones suspend pages without a word. */
const asleepAfterMs = 5_000;

/**
 * Lets go of the connection when the page goes (also into the back/forward cache, which takes no page that
 * holds one), takes it up again at once when it comes back, and does not wait for the watchdog when the
 * page was hidden or the network has changed. The function that is returned ends that.
 */
export function followPage(page: Page, stream: Stream, clock: Clock): () => void {
  let asleep = false;
  let hiddenAt: number | undefined;
  const check = () => void stream.check();
  const listeners: [EventTarget | undefined, string, () => void][] = [
    [
      page.window,
      'pagehide',
      () => {
        asleep = stream.status.state !== 'idle' && stream.status.state !== 'ended';
        if (asleep) stream.stop();
      },
    ],
    [
      page.window,
      'pageshow',
      () => {
        if (asleep) stream.wake();
        asleep = false;
      },
    ],
    [page.window, 'online', check],
    [page.window, 'offline', check],
    [page.document, 'resume', check],
    [page.network, 'change', check],
    [
      page.document,
      'visibilitychange',
      () => {
        const hidden = page.document.visibilityState === 'hidden';
        stream.setHidden(hidden);
        if (hidden) hiddenAt = clock.now();
        else if (hiddenAt !== undefined && clock.now() - hiddenAt >= asleepAfterMs) check();
      },
    ],
  ];
  for (const [target, name, listener] of listeners) target?.addEventListener(name, listener);
  stream.setHidden(page.document.visibilityState === 'hidden');
  return () => {
    for (const [target, name, listener] of listeners) target?.removeEventListener(name, listener);
  };
}

/** The page that this runs in; none in Node and in workers. */
export function ownPage(): Page | undefined {
  const { window, document, navigator } = globalThis;
  if (window === undefined || document === undefined) return undefined;
  return { window, document, network: (navigator as unknown as { connection?: EventTarget }).connection };
}
