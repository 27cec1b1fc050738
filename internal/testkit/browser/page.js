// What the checks of package browser ask of a page. The debugger evaluates it, hence
// it leaves one name behind, and tells what it finds in plain words.
globalThis.kladkaLook = (() => {
  'use strict';

  const focusable = 'a[href], area[href], button, input, select, textarea, summary, iframe, ' +
    'audio[controls], video[controls], [contenteditable=""], [contenteditable="true"], [tabindex]';

  const words = text => text.trim().replace(/\s+/g, ' ').slice(0, 40);

  // name is a short selector with the text that a person would see.
  function name(e) {
    if (e.id) return `#${e.id}`;
    const own = e.tagName.toLowerCase() + [...e.classList].map(c => '.' + c).join('');
    const parent = e.parentElement?.closest('[id], [class], main, nav, header, footer');
    const place = !parent || parent === document.body ? '' :
      (parent.id ? '#' + parent.id : parent.tagName.toLowerCase() + [...parent.classList].map(c => '.' + c).join('')) + ' ';
    const said = words(e.getAttribute('aria-label') || e.textContent || e.getAttribute('name') || '');
    return `${place}${own}` + (said ? ` «${said}»` : '');
  }

  const visible = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0 &&
    !e.closest('[inert]');

  // Tab stops once at a group of radio buttons: at the chosen one, else at the first.
  function skippedRadio(e) {
    if (e.type !== 'radio' || e.tagName !== 'INPUT' || !e.name) return false;
    const group = [...(e.form ?? document).querySelectorAll('input[type=radio]')]
      .filter(r => r.name === e.name && r.form === e.form && !r.disabled);
    return e !== (group.find(r => r.checked) ?? group[0]);
  }

  const reachable = e => visible(e) && e.tabIndex >= 0 && !e.matches(':disabled') && !skippedRadio(e) &&
    (e.tagName !== 'SUMMARY' || e.parentElement?.querySelector(':scope > summary') === e);

  function look(e) {
    const s = getComputedStyle(e);
    const outlined = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
    return {
      outline: outlined ? `${s.outlineStyle} ${s.outlineWidth} ${s.outlineColor}` : '',
      shadow: s.boxShadow === 'none' ? '' : s.boxShadow,
    };
  }

  // onScreen is the part of an element's first line that is on the screen, and not
  // hidden in something that scrolls.
  function onScreen(e) {
    const whole = [...e.getClientRects()].find(r => r.width > 0 && r.height > 0) ?? e.getBoundingClientRect();
    const clips = [{left: 0, top: 0, right: innerWidth, bottom: innerHeight}];
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      if (p instanceof HTMLElement && scrolls(p)) clips.push(p.getBoundingClientRect());
    }
    const left = Math.max(whole.left, ...clips.map(c => c.left)), right = Math.min(whole.right, ...clips.map(c => c.right));
    const top = Math.max(whole.top, ...clips.map(c => c.top)), bottom = Math.min(whole.bottom, ...clips.map(c => c.bottom));
    return {width: right - left, height: bottom - top, x: (left + right) / 2, y: (top + bottom) / 2, whole};
  }

  const belongs = (hit, e) => hit && (e.contains(hit) || hit.closest('label')?.control === e ||
    (e.tagName === 'AREA' && hit.useMap));

  const walk = {list: [], before: new Map()};

  // top puts the place from which Tab goes on at the beginning of the page, wherever
  // the page itself had put the focus.
  function top() {
    scrollTo(0, 0);
    document.body.tabIndex = -1;
    document.body.focus({preventScroll: true});
    document.body.removeAttribute('tabindex');
    document.body.blur();
    return true;
  }

  function prepare() {
    top();
    walk.list = [...document.querySelectorAll(focusable)].filter(reachable);
    walk.before = new Map(walk.list.map(e => [e, look(e)]));
    return walk.list.map(e => ({name: name(e), odd: e.tabIndex > 0 ? 'has a positive tabindex' : ''}));
  }

  // step tells where the focus is after a press of Tab: the place in the list, or -1
  // for what is not in it, and what is wrong with what a person sees there.
  function step() {
    const e = document.activeElement;
    if (!e || e === document.body || e === document.documentElement) return {at: -1, outside: true, wrong: []};
    const scroller = e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
    const parts = e.tagName === 'INPUT' && ['date', 'time', 'datetime-local', 'month', 'week'].includes(e.type) ||
      e.tagName === 'IFRAME' || e.controls === true;
    return {at: walk.list.indexOf(e), name: name(e), scroller, parts, outside: false, wrong: wrong(e)};
  }

  function wrong(e) {
    const found = [];
    const p = onScreen(e);
    if (p.width <= 1 || p.height <= 1) {
      found.push('is not on the screen when focused');
    } else {
      if (p.whole.height <= innerHeight && p.height < p.whole.height / 2) found.push('is half outside of the screen when focused');
      const hit = document.elementFromPoint(p.x, p.y);
      if (!belongs(hit, e)) found.push('is covered by ' + (hit ? name(hit) : 'nothing') + ' when focused');
    }
    const now = look(e), then = walk.before.get(e) ?? {outline: '', shadow: ''};
    const shown = now.outline && now.outline !== then.outline || now.shadow && now.shadow !== then.shadow;
    if (!shown && e.tagName !== 'AREA' && e.tagName !== 'IFRAME') found.push('does not show that it has the focus');
    return found;
  }

  const focusName = () => document.activeElement ? name(document.activeElement) : '';
  const inMain = () => document.activeElement?.tagName === 'MAIN';
  const onSkip = () => document.activeElement?.matches('a.skip') ?? false;

  const scrolls = e => ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX);

  // clipped tells whether something between the element and the page cuts it off or
  // scrolls it, so that it makes the page no wider.
  function clipped(e) {
    for (let p = e.parentElement; p && p !== document.body && p !== document.documentElement; p = p.parentElement) {
      if (scrolls(p)) return true;
    }
    return false;
  }

  function wide(when) {
    const page = document.scrollingElement, width = page.clientWidth;
    if (page.scrollWidth <= width) return [];
    let worst = null, edge = width;
    for (const e of document.body.querySelectorAll('*')) {
      const right = e.getBoundingClientRect().right + scrollX;
      // The innermost of those that reach as far is the one to mend.
      if (right > width + 0.5 && right >= edge && !clipped(e) && visible(e)) [worst, edge] = [e, right];
    }
    return [`the page is ${page.scrollWidth} px wide on a screen of ${width} px${when}; the widest is ` +
      (worst ? `${name(worst)}, up to ${Math.round(edge)} px` : 'not known')];
  }

  const ownWords = e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && words(n.data));

  // cut finds words that are cut off without a mark. Those that only screen readers
  // shall have are clipped away on purpose.
  function cut() {
    const found = [];
    for (const e of document.body.querySelectorAll('*')) {
      const s = getComputedStyle(e);
      if (!['hidden', 'clip'].includes(s.overflowX) || s.textOverflow === 'ellipsis' || s.clipPath !== 'none' || !visible(e)) continue;
      if (e.scrollWidth > e.clientWidth + 1 && ownWords(e)) {
        found.push(`${name(e)} cuts off its words: ${e.scrollWidth} px in ${e.clientWidth} px`);
      }
    }
    return found;
  }

  // squeezed finds words that stand one below the other because their column is far
  // too narrow: no check of the width of the page notices that.
  function squeezed() {
    const found = [];
    for (const e of document.body.querySelectorAll('*')) {
      const count = e.textContent.trim().split(/\s+/).length;
      if (count < 6 || !ownWords(e) || !visible(e) || getComputedStyle(e).clipPath !== 'none') continue;
      const lines = new Set(linesOf(e)).size;
      if (lines >= 0.75 * count) found.push(`${name(e)} is squeezed: ${count} words in ${lines} lines`);
    }
    return found;
  }

  // linesOf are the places of the lines of an element's words.
  function linesOf(e) {
    const range = document.createRange();
    range.selectNodeContents(e);
    return [...range.getClientRects()].filter(r => r.width > 0).map(r => Math.round(r.bottom / 4));
  }

  function unfolded(f) {
    const closed = [...document.querySelectorAll('details:not([open])')];
    if (!closed.length) return [];
    closed.forEach(d => d.open = true);
    try { return f(); } finally { closed.forEach(d => d.open = false); }
  }

  function overflow() {
    const found = [...wide(''), ...cut(), ...squeezed()];
    return found.length ? found : unfolded(() => [...wide(' when everything is unfolded'), ...cut(), ...squeezed()]);
  }

  // inSentence tells whether a link stands among words that are no link.
  function inSentence(e) {
    if (getComputedStyle(e).display !== 'inline') return false;
    let block = e.parentElement;
    while (block && getComputedStyle(block).display.startsWith('inline')) block = block.parentElement;
    const copy = block.cloneNode(true);
    copy.querySelectorAll('a, button, input, select, textarea, ul, ol, dl, table').forEach(x => x.remove());
    return /[\p{L}\p{N}]/u.test(copy.textContent);
  }

  // roomy tells whether a circle of 24 px about the middle belongs to the target, as
  // when the words are small and what catches the finger is larger.
  function roomy(e, r) {
    e.scrollIntoView({block: 'center', inline: 'center'});
    r = e.getBoundingClientRect();
    const x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2;
    return [[0, 0], [-11.5, 0], [11.5, 0], [0, -11.5], [0, 11.5]]
      .every(([dx, dy]) => belongs(document.elementFromPoint(x + dx, y + dy), e));
  }

  const area = (a, b) => ({width: Math.max(a.width, b.width), height: Math.max(a.height, b.height)});

  // targets tells of those that are alike once, with the first as the example.
  function targets() {
    const alike = new Map();
    for (const e of document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=button], [tabindex="0"]')) {
      if (!visible(e) || e.matches(':disabled') || e.matches('a.skip') || inSentence(e)) continue;
      if (e.matches('button.vh[aria-hidden][tabindex="-1"]')) continue; // for the key Enter alone: nobody sees or presses it
      let r = e.getBoundingClientRect();
      for (const label of e.labels ?? []) r = area(r, label.getBoundingClientRect());
      if (r.width >= 24 && r.height >= 24 || roomy(e, r)) continue;
      const kind = name(e).replace(/ «.*»$/, '');
      alike.set(kind, [...alike.get(kind) ?? [], `${name(e)} is ${r.width.toFixed(1)} × ${r.height.toFixed(1)} px, less than 24 × 24`]);
    }
    scrollTo(0, 0);
    return [...alike.values()].map(l => l[0] + (l.length > 1 ? `, and ${l.length - 1} more like it` : ''));
  }

  return {prepare, step, top, focusName, inMain, onSkip, overflow, targets};
})(); true
