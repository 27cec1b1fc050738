// What every page gains when scripts run; nothing is lost without them.
'use strict';

// Escape closes the open menu and leaves the focus on its button, as people
// who use menus by keyboard expect.
document.addEventListener('keydown', (event) => {
  const menu = document.querySelector('details.menu[open]');
  if (event.key !== 'Escape' || !menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});

// A refused form takes the focus to its summary, where a screen reader begins.
document.getElementById('errsum')?.focus();
