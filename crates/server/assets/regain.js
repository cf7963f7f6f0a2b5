// Everything works without this file. With it passwords can be shown and are rated while they are typed, waiting times
// count down, and asking for more time does not lose what was typed.
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
    function clear() { out.textContent = ""; out.dataset.level = 0; }
    box.addEventListener("input", function () {
      clearTimeout(pause);
      var mine = ++turn;
      if (!box.value) return clear();
      pause = setTimeout(function () {
        post(box.dataset.strength, box.form, { password: box.value }).then(function (rated) {
          if (mine !== turn) return;
          out.textContent = out.dataset.said + " " + rated.word + (rated.why ? ". " + rated.why : "");
          out.dataset.level = rated.level;
        }).catch(function () {
          if (mine === turn) clear();
        });
      }, 300);
    });
  }

  // A password that was made for somebody goes into both boxes.
  function taker(button) {
    button.addEventListener("click", function () {
      var box = one("#password");
      box.value = one("#again").value = page.getElementById(button.dataset.take).textContent;
      box.dispatchEvent(new Event("input"));
      // On a telephone the boxes are far below: without this the press seems to do nothing.
      box.scrollIntoView({ block: "center" });
    });
  }

  page.addEventListener("DOMContentLoaded", function () {
    each("#problem, #phrases", function (box) { box.focus(); });
    each("[data-take]", taker);
    each("[data-show]", shower);
    each("[data-wait]", waiter);
    each("form.time", timer);
    each("[data-strength]", rater);
    // Looking alone would not take up again what was interrupted.
    each("[data-go-on]", function (form) {
      setTimeout(function () { form.submit(); }, Number(form.dataset.goOn) * 1000);
    });
  });
})();
