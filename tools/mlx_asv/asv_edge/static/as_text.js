'use strict';

/* HTML that shows `value` as it is, in an element or as the value of an attribute. */
function as_text(value) {
    return String(value === undefined ? '' : value).replace(/[&<>"']/g, function (character) {
        return '&#' + character.charCodeAt(0) + ';';
    });
}
