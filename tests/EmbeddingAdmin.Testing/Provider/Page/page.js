// Without this the page shows what was true when it was loaded.
setInterval(async () => {
  if (document.hidden) return;
  const live = document.getElementById('live');
  try {
    const answer = await fetch('/live');
    const now = await answer.text();
    live.classList.remove('gone');
    if (answer.ok && live.innerHTML !== now) live.innerHTML = now;
  } catch {
    live.classList.add('gone');
  }
}, 1000);

// Back where the button was that was pressed.
const place = sessionStorage.getItem('place');
if (place) {
  sessionStorage.removeItem('place');
  const button = document.querySelector(`button[value="${place}"]`);
  button?.focus({ preventScroll: true });
  button?.scrollIntoView({ block: 'center' });
}
document.addEventListener('submit', event => {
  if (event.submitter?.name === 'deviation') sessionStorage.setItem('place', event.submitter.value);
});
