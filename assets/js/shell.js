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

// Escape closes the list of hats as well; so does a press outside it.
document.addEventListener('keydown', (event) => {
  const hats = event.target.closest?.('details.hats[open]');
  if (event.key !== 'Escape' || !hats) return;
  event.stopPropagation();
  hats.open = false;
  hats.querySelector('summary').focus();
}, true);
document.addEventListener('pointerdown', (event) => {
  for (const hats of document.querySelectorAll('details.hats[open]')) {
    if (!hats.contains(event.target)) hats.open = false;
  }
});

// A signed-in page that the browser kept whole is asked for anew: somebody else may have
// signed in since, or nobody.
addEventListener('pageshow', (event) => {
  if (event.persisted && document.querySelector('.who')) location.reload();
});

// At a shared computer whoever went away is signed out, after a warning. Any
// movement in any tab counts as being there; the clock is compared, so that a
// computer that slept signs out when it wakes.
(() => {
  const limit = Number(document.body.dataset.idle) * 1000;
  const region = document.getElementById('idle');
  if (!limit || !region) return;
  const warning = region.firstElementChild;
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('kladka-idle') : null;
  let last = Date.now();
  let told = last;
  let called = last;
  const here = () => {
    last = Date.now();
    warning.hidden = true;
  };
  const moved = () => {
    if (Date.now() - last >= limit) return; // too late: the next tick signs out
    here();
    if (last - told > 1000) {
      told = last;
      tabs?.postMessage('here');
    }
    if (last - called > 20000) {
      called = last;
      fetch(document.body.dataset.alive, { method: 'POST' }).catch(() => {});
    }
  };
  if (tabs) tabs.onmessage = here;
  for (const kind of ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart', 'input']) {
    document.addEventListener(kind, moved, { passive: true });
  }
  warning.querySelector('button').addEventListener('click', moved);
  const timer = setInterval(() => {
    const still = Date.now() - last;
    if (still >= limit) {
      clearInterval(timer);
      document.getElementById('idle-out').submit();
    } else if (still >= limit - 30000 && warning.hidden) {
      warning.hidden = false;
    }
  }, 500);
})();

// On a narrow screen the pages of one area begin at the one that is open.
document.querySelector('.subnav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
