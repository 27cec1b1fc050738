// The door of a large meeting when the network is lost: codes of badges are kept in this
// browser until the server has them, and sent again until it answers. Nothing but codes is
// kept. The server counts everybody once, however often a code comes. Without this script
// the form works as any other.
'use strict';

(() => {
  const form = document.getElementById('drzwi');
  if (!form) return;
  const field = document.getElementById('kod');
  const state = document.getElementById('drzwi-stan');
  const log = document.getElementById('drzwi-wejscia');
  const here = document.getElementById('drzwi-jest');
  const { send, kept, textKept, textSent, textLost } = form.dataset;
  const parcel = 50;
  const shown = 12;
  let memory = []; // where the browser keeps nothing for us
  let busy = false;

  const read = () => {
    try {
      const list = JSON.parse(localStorage.getItem(kept) || '[]');
      return Array.isArray(list) ? list.filter((code) => typeof code === 'string') : [];
    } catch {
      return memory;
    }
  };
  const write = (list) => {
    memory = list;
    try {
      if (list.length) localStorage.setItem(kept, JSON.stringify(list));
      else localStorage.removeItem(kept);
    } catch {
      // it stays in memory as long as the page is open
    }
  };

  // The same rule as the server's: a figure and nine signs, alone or in an address.
  const codeIn = (text) => {
    const query = text.indexOf('?');
    const bare = query < 0 ? text : new URLSearchParams(text.slice(query + 1)).get('kod') || '';
    const code = bare.replace(/[-\s]/g, '').toUpperCase();
    return /^[2-9][A-HJ-NP-Z2-9]{9}$/.test(code) ? code : '';
  };

  const tell = (text, kind) => {
    const line = document.createElement('p');
    line.textContent = text;
    line.dataset.what = kind;
    log.prepend(line);
    while (log.children.length > shown) log.lastElementChild.remove();
  };
  const wait = (why) => {
    const n = read().length;
    state.textContent = n ? (why || textKept.replace('{n}', n)) : textSent;
  };

  const flush = async () => {
    const codes = read().slice(0, parcel);
    if (busy || !codes.length) return;
    busy = true;
    let why = '';
    try {
      const body = new URLSearchParams(codes.map((code) => ['kod', code]));
      const answer = await fetch(send, { method: 'POST', body, headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(15000) });
      const data = await answer.json();
      if (answer.ok) {
        const done = new Set(data.entries.map((entry) => entry.sent));
        write(read().filter((code) => !done.has(code)));
        for (const entry of data.entries) tell(entry.text, entry.what);
        here.textContent = data.here;
      } else {
        why = data.error || '';
      }
    } catch {
      why = textLost.replace('{n}', read().length);
    }
    busy = false;
    wait(why);
    if (!why) flush();
  };

  form.addEventListener('submit', (event) => {
    const code = codeIn(field.value);
    if (!code) return; // a name: the server looks for it
    event.preventDefault();
    const list = read();
    if (!list.includes(code)) write([...list, code]);
    field.value = '';
    field.focus();
    wait('');
    flush();
  });
  addEventListener('online', flush);
  setInterval(flush, 4000);
  if (read().length) {
    wait('');
    flush();
  }
})();
