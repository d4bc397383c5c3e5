// Light, dark, or as the system has it.

import * as storage from '../storage.js';
import { $ } from './dom.js';

const key = 'fairlead.theme';
const next = { auto: 'light', light: 'dark', dark: 'auto' };
const words = { auto: 'Theme: auto', light: 'Theme: light', dark: 'Theme: dark' };

export function themeButton() {
  const button = $('theme');
  let theme = storage.load(key) ?? 'auto';
  const show = () => {
    button.textContent = words[theme] ?? words.auto;
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  button.addEventListener('click', () => {
    theme = next[theme] ?? 'auto';
    storage.save(key, theme);
    show();
  });
  show();
}
