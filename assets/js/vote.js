// A ballot counts along while it is filled in: how many projects are chosen, which
// points are left, what they cost together. Without scripts the same numbers stand
// on the page that is drawn before the vote is cast. The rules are the server's alone.
//
// On a shared computer the receipt gives up its place in the history: who loads the
// page anew or presses Back later finds the empty start page, not the answer to the
// form of whoever sat there before.
'use strict';

for (const receipt of document.querySelectorAll('[data-receipt]')) {
  if (receipt.dataset.receipt) history.replaceState(null, '', receipt.dataset.receipt);
}

for (const form of document.querySelectorAll('form[data-ballot]')) {
  const standing = form.querySelector('[data-standing]');
  const at = (name) => standing.querySelector(`[${name}]`);
  const rows = [...form.querySelectorAll('[data-project]')];
  const { lang } = document.documentElement;
  const whole = new Intl.NumberFormat(lang);
  // Money is written as the server writes it: in threes, four digits too, in every
  // language, and grosze only where there are any.
  const money = (grosze) => {
    const zlotys = String(Math.floor(grosze / 100)).replace(/\B(?=(\d{3})+$)/g, '\u00a0');
    const rest = grosze % 100 ? (lang === 'en' ? '.' : ',') + String(grosze % 100).padStart(2, '0') : '';
    return `${zlotys}${rest}\u00a0zł`;
  };

  // What stands at a project: its points, 1 for a cross, 0 for nothing.
  const mark = (row) => {
    const field = row.querySelector('select, input');
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked ? 1 : 0;
    return Math.max(0, Number.parseInt(field.value, 10) || 0);
  };

  const count = () => {
    const marks = rows.map(mark);
    const put = (name, text) => {
      const place = at(name);
      if (place && place.textContent !== text) place.textContent = text;
    };
    put('data-count', whole.format(marks.filter((m) => m > 0).length));
    put('data-points', whole.format(marks.reduce((sum, m) => sum + m, 0)));
    put('data-cost', money(rows.reduce((sum, row, n) => sum + (marks[n] > 0 ? Number(row.dataset.project) : 0), 0)));
    const open = at('data-open');
    if (!open) return;
    const left = open.dataset.open.split(' ').filter((p) => !marks.includes(Number(p)));
    put('data-open', left.join(', ') || open.dataset.none);
  };

  form.addEventListener('input', count);
  // A page that the browser kept brings its marks back without telling.
  addEventListener('pageshow', count);
  count();
}
