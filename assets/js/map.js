// The moving map of institutions. The page is whole without it: a picture drawn on
// the server and the list of the same institutions stand there already, and stay when
// anything here fails. Colors come from the style sheet, because the points are drawn
// on a canvas that no class can reach.
'use strict';
(() => {
  const box = document.getElementById('mapa');
  if (!box || !window.L) return;
  const say = box.dataset;
  const picture = document.getElementById('mapa-obraz');
  const note = document.getElementById('mapa-uwaga');
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  // The color that a class of the style sheet has in the theme of now.
  function color(name) {
    const probe = document.createElement('span');
    probe.className = name;
    probe.hidden = true;
    box.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function text(tag, words) {
    const element = document.createElement(tag);
    element.textContent = words;
    return element;
  }

  function popupOf(p) {
    const body = document.createElement('div');
    if (p.n) {
      body.append(text('p', say.many.replace('{n}', p.n)));
      return body;
    }
    const link = text('a', p.name);
    link.href = p.href || '/instytucje/' + encodeURIComponent(p.id);
    body.append(link);
    body.append(text('p', p.closed ? p.municipality + ' (' + say.closed + ')' : p.municipality));
    return body;
  }

  async function get(url) {
    const answer = await fetch(url, {headers: {Accept: 'application/geo+json'}});
    if (!answer.ok) throw new Error(url + ': ' + answer.status);
    return answer.json();
  }

  // Leaflet puts the attribution in as markup; what an administrator typed is text.
  function escaped(words) {
    return text('span', words).innerHTML;
  }

  function start(points, shapes) {
    box.hidden = false;
    const map = L.map(box, {preferCanvas: true, zoomControl: false, fadeAnimation: !calm, zoomAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm, scrollWheelZoom: false, minZoom: 5, maxZoom: 18});
    map.attributionControl.setPrefix('<a href="https://leafletjs.com" rel="noopener">Leaflet</a>');
    L.control.zoom({zoomInTitle: say.zoomIn, zoomOutTitle: say.zoomOut}).addTo(map);
    if (say.tiles) L.tileLayer(say.tiles, {attribution: escaped(say.tilesBy), maxZoom: 18}).addTo(map);
    // The page's own scrolling is not taken away; the wheel zooms once the map has focus.
    map.on('focus', () => map.scrollWheelZoom.enable());
    map.on('blur', () => map.scrollWheelZoom.disable());
    map.on('popupopen', (e) => {
      const close = e.popup.getElement().querySelector('.leaflet-popup-close-button');
      if (close) close.setAttribute('aria-label', say.close);
    });
    const edges = L.geoJSON(shapes, {interactive: false}).addTo(map);
    const dots = L.geoJSON(points, {
      pointToLayer: (f, at) => L.circleMarker(at, {radius: f.properties.n ? Math.min(24, 6 + Math.sqrt(f.properties.n)) : 6, weight: 1.5, fillOpacity: 0.85}),
    }).bindPopup((layer) => popupOf(layer.feature.properties)).addTo(map);
    const paint = () => {
      edges.setStyle({color: color('map-edge'), weight: 1.5, fillColor: color('map-land'), fillOpacity: say.tiles ? 0 : 1});
      dots.setStyle((f) => ({color: color('map-ring'), fillColor: color(f.properties.closed ? 'map-closed' : 'map-dot')}));
    };
    paint();
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
    const bounds = L.latLngBounds([]);
    for (const layer of [dots, edges]) {
      if (layer.getLayers().length && (layer === dots || !bounds.isValid())) bounds.extend(layer.getBounds());
    }
    if (bounds.isValid()) map.fitBounds(bounds, {padding: [16, 16], maxZoom: 15, animate: false});
    else map.setView([50.06, 19.94], 9);
    // Points on bare ground say little: without boundaries and tiles the picture stays.
    if (picture && (say.tiles || edges.getLayers().length)) picture.hidden = true;
    if (note && points.without_point > 0) {
      note.textContent = say.without.replace('{n}', points.without_point);
      note.hidden = false;
    }
  }

  const none = {type: 'FeatureCollection', features: []};
  Promise.all([get(say.points), say.shapes ? get(say.shapes) : none])
    .then(([points, shapes]) => start(points, shapes))
    .catch((err) => {
      box.hidden = true;
      if (picture) picture.hidden = false;
      console.warn(err);
    });
})();
