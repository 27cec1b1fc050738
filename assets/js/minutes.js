// Minutes save themselves while they are typed. Without scripts each item has its
// button; the rules of joining what two people type are the server's alone.
'use strict';

const pause = 1500;
const retry = 8000;

for (const form of document.querySelectorAll('form[data-minutes]')) {
  const area = form.querySelector('textarea');
  const state = form.querySelector('[data-state]');
  const { wersja, podstawa } = form.elements;
  let saved = area.value;
  let timer = 0;
  let busy = false;

  // The caret stays with its line: lines that others added above move it down.
  const replace = (text) => {
    const before = area.value.slice(0, area.selectionStart);
    const after = area.value.slice(area.selectionEnd);
    const focused = document.activeElement === area;
    const row = before.split('\n').length - 1;
    const column = before.length - before.lastIndexOf('\n') - 1;
    const line = area.value.split('\n')[row];
    area.value = text;
    if (!focused) return;
    const lines = text.split('\n');
    let at = lines.indexOf(line, row);
    if (at < 0) at = lines.indexOf(line);
    if (at < 0) {
      area.setSelectionRange(text.length - after.length, text.length - after.length);
      return;
    }
    const place = lines.slice(0, at).join('\n').length + (at > 0 ? 1 : 0) + column;
    area.setSelectionRange(place, place);
  };

  const save = async () => {
    if (busy || area.value === saved) return;
    busy = true;
    const sent = area.value;
    try {
      const answer = await fetch(form.action, {
        method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { Accept: 'application/json' }, redirect: 'error',
      });
      if (!answer.ok) throw new Error(answer.status);
      const { revision, text, words } = await answer.json();
      wersja.value = revision;
      if (area.value === sent) {
        // Nobody typed meanwhile: the text that was joined is the one to go on with.
        if (text !== sent) replace(text);
        saved = text;
        podstawa.value = '';
      } else {
        // Typing went on: what follows is a change of what was sent, not of what became of it.
        saved = sent;
        podstawa.value = text === sent ? '' : 'wyslane';
        timer = setTimeout(save, pause);
      }
      state.textContent = words;
    } catch {
      state.textContent = form.dataset.failed;
      timer = setTimeout(save, retry);
    }
    busy = false;
  };

  area.addEventListener('input', () => {
    state.textContent = form.dataset.waiting;
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  });
  area.addEventListener('blur', save);
  form.addEventListener('submit', () => { saved = area.value; });
  addEventListener('beforeunload', (event) => {
    if (area.value !== saved) event.preventDefault();
  });
}
