// What opens beside something, over the page.

const edgePx = 8;

/** Puts an open popover above or below its anchor, whichever is asked for and has room; always within the page. */
export function placeBeside(popover, anchor, side) {
  const { top, bottom, right } = anchor.getBoundingClientRect();
  const { style, offsetWidth: width, offsetHeight: height } = popover;
  const above = top - height - edgePx;
  const below = bottom + edgePx;
  const lowest = innerHeight - height - edgePx;
  const wanted = side === 'above' ? (above > edgePx ? above : below) : below < lowest ? below : above;
  style.left = `${Math.max(edgePx, Math.min(right - width, innerWidth - width - edgePx))}px`;
  style.top = `${Math.max(edgePx, Math.min(wanted, lowest))}px`;
}
