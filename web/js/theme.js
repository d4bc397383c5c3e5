// Runs before the first paint, so that a chosen theme does not flash. The rest is ui/theme-button.js.
(function () {
  'use strict';
  try {
    var theme = localStorage.getItem('fairlead.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch (error) {
    // no storage: the system's theme it is
  }
})();
