// The tab Restore.
const largestAtOnce = 1000000;  // pixels; a larger picture is restored when the user says so

function showPair() {
  const zoom = Number($('zoom').value), before = state.damaged, after = state.restored ?? state.damaged;
  show($('before'), before);
  show($('after'), after);
  $('pair').className = zoom ? '' : 'fit';
  for (const id of ['before', 'after']) $(id).style.width = zoom ? zoom * before.width + 'px' : '';
  showSplit();
}
function showSplit() {
  const percent = $('split').value;
  $('after').style.clipPath = `inset(0 0 0 ${percent}%)`;
  $('line').style.left = percent + '%';
}

async function showDownload() {
  const blob = await new Promise(done => $('after').toBlob(done, 'image/png'));
  URL.revokeObjectURL($('download').href);
  $('download').href = URL.createObjectURL(blob);
  $('download').hidden = false;
}

async function runRestore() {
  const picture = state.damaged, mine = turn, {id, label, channels} = task();
  $('run').disabled = true;
  $('cancel').disabled = false;
  $('progress').value = 0;
  say(`The ${label} restores ${picture.width} x ${picture.height} pixels`);
  try {
    const network = await engine.network(id), rgba = new Uint8Array(picture.data);
    const {width, height} = picture;
    const answer = await engine.ask({call: 'restore', network, channels, height, width, tile: 512, rgba}, [rgba.buffer]);
    if (mine !== turn || id !== task().id) return;
    state.restored = new ImageData(new Uint8ClampedArray(answer.rgba.buffer), width, height);
    state.milliseconds = answer.milliseconds;
    showPair();
    await showDownload();
    const gain = state.original === picture ? '' : ` Closeness to the clean picture (PSNR; more is closer): ${psnr(state.original, picture).toFixed(2)} dB before, ` +
      `${psnr(state.original, state.restored).toFixed(2)} dB after.`;
    $('numbers').textContent = `${answer.milliseconds.toFixed(0)} ms in ${hasSimd ? 'WebAssembly with SIMD' : 'WebAssembly'}, one thread.` + gain;
    say(`Done: ${width} x ${height} pixels`);
  } catch (error) {
    if (error.message !== 'cancelled') throw error;
    say('Cancelled');
  } finally {
    $('run').disabled = false;
    $('cancel').disabled = true;
  }
}

panels.restore = async () => {
  if (!state.damaged) return;
  showPair();
  if (state.restored) return;
  $('download').hidden = true;
  $('numbers').textContent = '';
  if (!$('cancel').disabled) engine.stop();  // what is restored now is no longer wanted
  const pixels = state.damaged.width * state.damaged.height;
  if (pixels <= largestAtOnce) return runRestore();
  say(`${state.damaged.width} x ${state.damaged.height} pixels: press Restore`);
};
$('run').onclick = safely(() => state.damaged && runRestore());
$('cancel').onclick = () => engine.stop();
$('split').oninput = showSplit;
$('zoom').onchange = () => state.damaged && showPair();
