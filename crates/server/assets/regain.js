// Everything works without this file. With it: the picture is not needed, passwords can be shown and are rated while
// they are typed, waiting times count down, and asking for more time does not lose what was typed.
(function () {
  "use strict";
  var page = document;
  page.documentElement.classList.add("js");

  function one(what, within) { return (within || page).querySelector(what); }
  function each(what, act) { page.querySelectorAll(what).forEach(act); }

  function post(path, form, extra) {
    var body = new URLSearchParams();
    body.set("csrf", one("[name=csrf]", form).value);
    Object.keys(extra || {}).forEach(function (name) { body.set(name, extra[name]); });
    return fetch(path, {
      method: "POST", body: body, redirect: "error", headers: { Accept: "application/json" }
    }).then(function (answer) {
      if (!answer.ok) throw new Error("refused");
      return answer.json();
    });
  }

  function spoken(seconds) {
    var rest = seconds % 60;
    return Math.floor(seconds / 60) + ":" + (rest < 10 ? "0" : "") + rest;
  }

  // The boxes named in data-show become readable.
  function shower(box) {
    box.addEventListener("change", function () {
      box.dataset.show.split(" ").forEach(function (id) {
        page.getElementById(id).type = box.checked ? "text" : "password";
      });
    });
    if (box.form) box.form.addEventListener("submit", function () {
      box.checked = false;
      box.dispatchEvent(new Event("change"));
    });
  }

  // Another code can be asked for when the time is up.
  function waiter(button) {
    var end = Date.now() + Number(button.dataset.wait) * 1000, note = one("[data-waiting]"), said = note && note.textContent;
    (function tick() {
      var left = Math.ceil((end - Date.now()) / 1000);
      button.disabled = left > 0;
      if (note) {
        note.hidden = left <= 0;
        note.textContent = said.replace(/\d+/, left);
      }
      if (left > 0) setTimeout(tick, 500);
    })();
  }

  // Two minutes before the end the line about the time comes into view and counts; the button keeps what was typed.
  function timer(form) {
    var end, said = 0, left = one(".time-left", form);
    function start(seconds) {
      end = Date.now() + seconds * 1000;
      said = 0;
      left.textContent = "";
      form.classList.remove("warn");
    }
    function tick() {
      var rest = Math.ceil((end - Date.now()) / 1000), mark = rest > 60 ? 120 : rest > 30 ? 60 : 30;
      if (rest <= 0) return location.replace("/reset");
      form.classList.toggle("warn", rest <= 120);
      form.dataset.clock = rest <= 120 ? spoken(rest) : "";
      if (rest <= 120 && mark !== said) {
        said = mark;
        left.textContent = left.dataset.text.replace("%", spoken(mark));
      }
      setTimeout(tick, 500);
    }
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      post(form.getAttribute("action"), form).then(function (given) {
        start(given.left);
        one("[data-until]", form).textContent = given.said;
        left.textContent = given.said;
        if (!given.more) one("button", form).hidden = true;
      }).catch(function () { form.submit(); });
    });
    start(Number(form.dataset.left));
    tick();
  }

  // The server says how strong a password is; it keeps nothing of it.
  function rater(box) {
    var out = one(".strength", box.form), turn = 0, pause;
    box.addEventListener("input", function () {
      clearTimeout(pause);
      var mine = ++turn;
      if (!box.value) { out.textContent = ""; out.dataset.level = 0; return; }
      pause = setTimeout(function () {
        post(box.dataset.strength, box.form, { password: box.value }).then(function (rated) {
          if (mine !== turn) return;
          out.textContent = out.dataset.said + " " + rated.word;
          out.dataset.level = rated.level;
        }).catch(function () {
          if (mine === turn) { out.textContent = ""; out.dataset.level = 0; }
        });
      }, 300);
    });
  }

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
    var status = one(".checking", form), work = one("[name=work]", form), puzzle = form.dataset.puzzle + ":";
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

  page.addEventListener("DOMContentLoaded", function () {
    each("#problem", function (box) { box.focus(); });
    each("[data-show]", shower);
    each("[data-wait]", waiter);
    each("form.time", timer);
    each("[data-strength]", rater);
    each("form[data-puzzle]", solver);
    each("[data-reload]", function (line) {
      setTimeout(function () { location.replace("/reset"); }, Number(line.dataset.reload) * 1000);
    });
  });
})();
