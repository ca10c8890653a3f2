/* Asks once: lifts the form from the foot of the page while no choice is
   known.  Pages are the same for everybody (cached), so the choice is read
   here.  Without script the form simply stays at the foot.  Who has chosen is
   told what, and may change it. */

(function () {
    var form = document.getElementById('consent');
    var choice = document.cookie.match(/(?:^|; )cookie_consent=(yes|no)/);

    if (!form) {
        return;
    }

    if (choice) {
        form.dataset.choice = choice[1];
        form.querySelector('span').textContent = choice[1] === 'yes'
            ? 'You let us remember what you look at.'
            : 'We do not remember what you look at.';

    } else {
        form.classList.add('ask');
    }
})();
