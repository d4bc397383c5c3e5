// A phone's keyboard covers the page in browsers that do not make it smaller: then the page is as tall as what is seen.

const view = globalThis.visualViewport;

export function followViewport(signal) {
  if (!view) return;
  const fit = () => {
    const covered = innerHeight - view.height > 100 && view.scale === 1;
    document.documentElement.style.setProperty('--height', covered ? `${view.height}px` : '100dvh');
    if (covered) scrollTo(0, 0); // the browser had moved the page up to show the field
  };
  view.addEventListener('resize', fit, { signal });
  fit();
}
