/* Asks once: lifts the form from the foot of the page while no choice is
   known.  Pages are the same for everybody (cached), so the choice is read
   here.  Without script the form simply stays at the foot. */

(function () {
    var form = document.getElementById('consent');
    var choice = document.cookie.match(/(?:^|; )cookie_consent=(yes|no)/);

    if (!form) {
        return;
    }

    if (choice) {
        form.dataset.choice = choice[1];

    } else {
        form.classList.add('ask');
    }
})();
