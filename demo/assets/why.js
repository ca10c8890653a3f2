/* Why these offers, and what has changed: a panel at the end of each page that
   says it of the page's own HTML.  Every fragment carries the reason of each
   item; what stood here when this tab was here before, and what was done since,
   this tab remembers (sessionStorage; nobody is told).  Of the shop's server
   it asks one thing, when it is opened: /xsell/me, what is stored of the
   visitor.  Without script there is no panel. */

(function () {
    var panel = document.getElementById('why');
    var store, trail, before, now;

    var LOOKS = {
        'xs-row': 'a row', 'xs-grid': 'a grid', 'xs-story': 'a story',
        'strip': 'a list'
    };

    var PLACES = {
        related: 'below the product', story: 'at the end',
        home: 'on the front page', list: 'below the collection',
        cart: 'in the cart'
    };

    if (!panel || !window.sessionStorage) {
        return;
    }

    store = window.sessionStorage;


    function text(root, selector) {
        var e = root.querySelector(selector);

        return e ? e.textContent.trim() : '';
    }


    function read(key, otherwise) {
        try {
            return JSON.parse(store.getItem(key)) || otherwise;
        } catch (e) {
            return otherwise;
        }
    }


    /* what stands on this page: { slot: { look, items } } */

    function offers() {
        var found = {};

        document.querySelectorAll('[data-xsell-slot]').forEach(function (f) {
            var list = f.querySelector('ul');
            var all = text(f, '.xs-all');   /* said once for all cards */

            found[f.dataset.xsellSlot] = {
                look: LOOKS[list ? list.classList[0] : ''] || 'offers',
                items: Array.from(f.querySelectorAll('[data-xsell-item]'),
                    function (card) {
                        return {
                            id: card.dataset.xsellItem,
                            title: text(card, '.xs-title'),
                            why: text(card, '.xs-why') || all
                                || card.dataset.xsellReason,
                            rule: card.dataset.xsellRule
                        };
                    })
            };
        });

        return found;
    }


    function element(parent, name, words, className) {
        var e = document.createElement(name);

        if (words) {
            e.textContent = words;
        }

        if (className) {
            e.className = className;
        }

        parent.appendChild(e);

        return e;
    }


    function place(items, id) {
        return items.findIndex(function (i) { return i.id === id; });
    }


    function titles(items) {
        return items.map(function (i) { return i.title; }).join(', ');
    }


    function number(n, one, more) {
        return n + ' ' + (n === 1 ? one : more);
    }


    /* what is told of a slot; its part of the summary */

    function tell(slot, parent) {
        var was = before && before.slots[slot];
        var is = now[slot];
        var where = PLACES[slot.split('-')[0]] || slot;
        var said = [];
        var body = element(parent, 'section');
        var gone, came, list;

        element(body, 'h3', where.charAt(0).toUpperCase() + where.slice(1)
            + (is ? ': ' + is.look : ''));

        if (!is) {
            element(body, 'p', 'Nothing this time. The place may stay empty '
                + 'when that seems worth more than an offer.');

            return was ? [was.look + ' ' + where + ' is gone'] : [];
        }

        if (before && !was) {
            said.push(is.look + ' ' + where + ' where nothing was');

        } else if (was && was.look !== is.look) {
            said.push(is.look + ' instead of ' + was.look + ' ' + where);
        }

        came = 0;
        list = element(body, 'ol');

        is.items.forEach(function (item, at) {
            var row = element(list, 'li');
            var old = was ? place(was.items, item.id) : -1;

            element(row, 'span', item.title, 'what');
            element(row, 'span', item.why, 'reason');

            if (item.rule) {
                element(row, 'span', 'by the shop\u2019s rule “' + item.rule
                    + '”', 'reason');
            }

            if (was && old < 0) {
                came++;
                element(row, 'span', 'new', 'moved new');

            } else if (was && old !== at) {
                element(row, 'span', (old > at ? 'up from ' : 'down from ')
                    + (old + 1), 'moved');
            }
        });

        if (was) {
            gone = was.items.filter(function (i) {
                return place(is.items, i.id) < 0;
            });

            if (gone.length) {
                element(body, 'p', 'Gone: ' + titles(gone) + '.');
            }

            if (came) {
                said.push(came + ' new of ' + is.items.length + ' ' + where);
            }
        }

        return said;
    }


    function between(body) {
        var steps = trail.slice(before.trail);

        if (steps.length) {
            element(body, 'p', 'In between: ' + steps.join('; ') + '.');
        }
    }


    function stored(body) {
        fetch('/xsell/me', { credentials: 'same-origin' }).then(function (r) {
            return r.ok ? r.json() : null;
        }).then(function (me) {
            var cart;

            if (!me || !me.known) {
                element(body, 'p', 'Nothing is stored of you: these are the '
                    + 'offers for everybody.');
                return;
            }

            cart = me.items.filter(function (i) { return i.in_cart; }).length;

            element(body, 'p', 'What the shop goes by: '
                + number(me.items.length, 'product', 'products')
                + ' that you looked at or took, ' + cart + ' in the cart, '
                + number(me.offers_this_visit, 'place', 'places')
                + ' with offers in this visit; and what others did.');
        }).catch(function () { /* it is not vital */ });
    }


    /* ---- what was done: this page, and forms and offers that leave it ----- */

    function note(what) {
        trail.push(what);
        store.setItem('why:trail', JSON.stringify(trail));
    }


    function watch() {
        document.addEventListener('click', function (e) {
            var card = e.target.closest('[data-xsell-item]');
            var link = e.target.closest('a');

            if (card && link) {
                note('you followed the offer “' + text(card, '.xs-title')
                     + '”');
            }
        });

        document.addEventListener('submit', function (e) {
            if (e.target.getAttribute('action') === '/cart/add') {
                note('you put something into the cart');
            }
        });
    }


    function show() {
        var body = panel.querySelector('div');
        var slots = Object.keys(now);
        var said = [];
        var asked = false;

        if (before) {
            slots = slots.concat(Object.keys(before.slots).filter(
                function (s) { return !now[s]; }));
            between(body);
        }

        slots.forEach(function (slot) {
            said = said.concat(tell(slot, body));
        });

        if (!slots.length) {
            return;
        }

        panel.querySelector('summary span').textContent = !before ? ''
            : said.length ? 'Since you were here: ' + said.join(', ') + '.'
            : 'The same as when you were here.';

        panel.addEventListener('toggle', function () {
            if (panel.open && !asked) {
                asked = true;
                stored(body);
            }
        });

        panel.hidden = false;
    }


    now = offers();
    trail = read('why:trail', []);
    before = read('why:' + location.pathname, null);

    show();
    watch();

    /* an offer that was followed leads to a page of its name */

    if (/^\/p\//.test(location.pathname)
        && !(trail.length && trail[trail.length - 1].endsWith(
             'offer “' + text(document, 'h1') + '”')))
    {
        note('you looked at “' + text(document, 'h1') + '”');
    }

    store.setItem('why:' + location.pathname,
                  JSON.stringify({ slots: now, trail: trail.length }));
})();
