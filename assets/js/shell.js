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

// Escape closes the list of hats and a fold of the navigation as well; so does
// a press outside them.
document.addEventListener('keydown', (event) => {
  const list = event.target.closest?.('details:is(.hats, .fold)[open]');
  if (event.key !== 'Escape' || !list) return;
  event.stopPropagation();
  list.open = false;
  list.querySelector('summary').focus();
}, true);
document.addEventListener('pointerdown', (event) => {
  for (const list of document.querySelectorAll('details:is(.hats, .fold)[open]')) {
    if (!list.contains(event.target)) list.open = false;
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

// On a narrow screen the pages of one area begin at the one that is open. Only
// the row of tabs moves: a low window must not begin below the page's header.
for (const here of document.querySelectorAll('.subnav [aria-current]')) {
  const row = here.closest('.subnav');
  const tab = here.getBoundingClientRect();
  row.scrollLeft += tab.left + tab.width / 2 - row.getBoundingClientRect().left - row.clientWidth / 2;
}
