// Works out a puzzle while the person types, instead of asking them to read a picture. Without this file, or where it
// does not get done, the picture and the sound are shown.
(function () {
  "use strict";
  document.documentElement.classList.add("checks");

  // SHA-256 (FIPS 180-4) of one block; the constants are the fractions of the roots of the first primes.
  var first = [], mix = [], words = new Int32Array(64);
  (function () {
    function fraction(x) { return ((x - Math.floor(x)) * 4294967296) | 0; }
    for (var n = 2; mix.length < 64; n++) {
      for (var d = 2; d * d <= n && n % d; d++);
      if (d * d <= n) continue;
      if (first.length < 8) first.push(fraction(Math.sqrt(n)));
      mix.push(fraction(Math.cbrt(n)));
    }
  })();

  function head(text) {
    var i, a, b, c, d, e, f, g, h, x, y, w = words;
    w.fill(0, 0, 16);
    for (i = 0; i < text.length; i++) w[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
    w[i >> 2] |= 128 << (24 - (i % 4) * 8);
    w[15] = i * 8;
    for (i = 16; i < 64; i++) {
      x = w[i - 15]; y = w[i - 2];
      w[i] = w[i - 16] + w[i - 7]
        + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
        + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
    }
    a = first[0]; b = first[1]; c = first[2]; d = first[3]; e = first[4]; f = first[5]; g = first[6]; h = first[7];
    for (i = 0; i < 64; i++) {
      x = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + mix[i] + w[i];
      y = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c);
      h = g; g = f; f = e; e = d + x | 0; d = c; c = b; b = a; a = x + y | 0;
    }
    return a + first[0] >>> 0;
  }

  // Works out the puzzle in small portions, so that the page stays quick; shows the picture if that fails or takes long.
  function solver(form) {
    var status = form.querySelector(".checking"), work = form.querySelector("[name=work]"), puzzle = form.dataset.puzzle + ":";
    var shift = 32 - Number(form.dataset.bits), number = 0, start = Date.now(), done = false, waiting = false;
    function over(solved) {
      done = true;
      if (solved) work.value = number;
      else form.classList.add("ask");
      status.textContent = solved ? status.dataset.done : status.dataset.failed;
      status.classList.toggle("done", solved);
      if (waiting && solved) form.submit();
    }
    form.addEventListener("submit", function (event) {
      if (done || (event.submitter && event.submitter.hasAttribute("formaction"))) return;
      event.preventDefault();
      waiting = true;
    });
    if (head("abc") !== 0xba7816bf) return over(false);
    (function portion() {
      var until = Date.now() + 12;
      do {
        for (var n = 0; n < 200; n++, number++) if (head(puzzle + number) >>> shift === 0) return over(true);
      } while (Date.now() < until);
      if (Date.now() - start > 15000) return over(false);
      setTimeout(portion, 0);
    })();
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("form[data-puzzle]").forEach(solver);
  });
})();
