// Keys on a row's page: n, p and r press the button that names them. A key alone may be what somebody dictates or hits by accident, so a
// switch turns them off, and the browser remembers that.

const switchedOff = 'spot-check keys';

function read() {
  try {
    return localStorage.getItem(switchedOff) !== 'off';
  } catch {
    return true;
  }
}

let on = read();

function apply() {
  for (const box of document.querySelectorAll('spot-keys input')) box.checked = on;
  for (const button of document.querySelectorAll('[data-spot-check] [data-key]')) {
    if (on) button.setAttribute('aria-keyshortcuts', button.dataset.key);
    else button.removeAttribute('aria-keyshortcuts');
  }
}

// The page is drawn later than this is read, and again and again.
customElements.define('spot-keys', class extends HTMLElement {
  connectedCallback() {
    queueMicrotask(apply);
  }
});

document.addEventListener('change', event => {
  if (!event.target.matches('spot-keys input')) return;
  on = event.target.checked;
  try {
    if (on) localStorage.removeItem(switchedOff);
    else localStorage.setItem(switchedOff, 'off');
  } catch {
    // Without storage it holds for this page.
  }
  apply();
});

function types(element) {
  return element.isContentEditable || element.closest('textarea, select, input:not([type=checkbox], [type=radio], [type=button])');
}

document.addEventListener('keydown', event => {
  if (!on || event.defaultPrevented || event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  if (types(event.target) || document.querySelector('.rz-dialog, dialog[open]')) return;
  const button = document.querySelector(`[data-spot-check] [data-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
