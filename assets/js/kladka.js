// Kładka's own script. Every page works without it: what is written here only makes
// pages quicker or pleasanter. No inline handlers and no eval, so that the content
// security policy can stay without any unsafe-* source.
'use strict';
