// Everything of the dashboard that has to happen in the browser itself.

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

function switchTheme() {
  const root = document.documentElement;
  const now = root.dataset.theme || (systemIsDark.matches ? 'dark' : 'light');
  const next = now === 'dark' ? 'light' : 'dark';
  // Back to what the system says means following the system again.
  const follows = (next === 'dark') === systemIsDark.matches;
  root.dataset.theme = follows ? '' : next;
  for (const link of document.querySelectorAll('link[data-look]')) {
    link.media = follows ? `(prefers-color-scheme: ${link.dataset.look})` : link.dataset.look === next ? 'all' : 'not all';
  }
  const secure = location.protocol === 'https:' ? '; secure' : '';
  document.cookie = `theme=${follows ? '' : next}; path=/; max-age=${follows ? 0 : 31536000}; samesite=strict${secure}`;
}

document.addEventListener('click', event => {
  if (event.target.closest('[data-switch-theme]')) switchTheme();
  if (event.target.closest('[data-reload]')) location.reload();
  if (event.target.closest('[data-print]')) print();
});

// Blazor takes a click on "#content" for a navigation and would leave the focus where it is; so this goes before it.
document.addEventListener('click', event => {
  if (!event.target.closest('.skip-link')) return;
  event.preventDefault();
  document.getElementById('content').focus();
}, { capture: true });

// The server came back without this page's circuit: only a fresh page helps.
const reconnect = document.getElementById('components-reconnect-modal');
if (reconnect) {
  new MutationObserver(() => {
    if (reconnect.matches('.components-reconnect-rejected, .components-reconnect-resume-failed')) location.reload();
  }).observe(reconnect, { attributes: true, attributeFilter: ['class'] });
}

// A sign-in link is used by a POST, never by loading it: mail scanners and previews load links.
document.querySelector('form[data-submit-at-once]')?.requestSubmit();

// "Copy": the clipboard where the browser gives it, else the text is marked for Ctrl+C.
document.addEventListener('click', async event => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const said = button.parentElement.querySelector('[data-copied]');
  try {
    await navigator.clipboard.writeText(source.textContent);
    said.textContent = 'Copied.';
  } catch {
    getSelection().selectAllChildren(source);
    said.textContent = 'Marked; copy it with Ctrl+C.';
  }
});
