'use strict';

/* Who names none of asv's pages (#/ is its grid) is shown ours. */
if (!window.location.hash) {
    window.location.replace('overview.html');
}
