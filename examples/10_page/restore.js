// The tab Restore.
const isRestoring = () => !$('cancel').disabled;
const largestAtOnce = 1000000;  // pixels; a larger picture is restored when the user says so

function showPair() {
  const zoom = Number($('zoom').value), before = state.damaged, after = state.restored ?? state.damaged;
  show($('before'), before);
  show($('after'), after);
  $('pair').className = zoom ? '' : 'fit';
  for (const id of ['before', 'after', 'mask']) $(id).style.width = zoom ? zoom * after.width + 'px' : '';
  $('mask').style.opacity = state.restored ? 0 : '';
  $('line').hidden = Boolean(task().takesMask) && !state.restored;
  showSplit();
}
function showSplit() {
  const percent = $('split').value;
  $('after').style.clipPath = `inset(0 0 0 ${percent}%)`;
  $('line').style.left = percent + '%';
}

async function showDownload() {
  const blob = await new Promise(done => $('after').toBlob(done, 'image/png'));
  if (!state.restored) return;  // the picture or its mask has changed since
  URL.revokeObjectURL($('download').href);
  $('download').href = URL.createObjectURL(blob);
  $('download').hidden = false;
}

// The engine in the browser. server.js has the other one.
const browserRestorer = {
  async restore({width, height, data}, {id, channels}) {
    const network = await engine.network(id), rgba = new Uint8Array(data);
    const answer = await engine.ask({call: 'restore', network, channels, height, width, tile: 512, rgba}, [rgba.buffer]);
    return {picture: new ImageData(new Uint8ClampedArray(answer.rgba.buffer), width, height),
            text: `${answer.milliseconds.toFixed(0)} ms in ${hasSimd ? 'WebAssembly with SIMD' : 'WebAssembly'}, one thread.`};
  },
  stop: () => engine.stop(),
};
const restorer = isServed ? serverRestorer : browserRestorer;

function forgetRestored() {
  if (isRestoring()) restorer.stop();  // it is no longer wanted
  state.restored = null;
  $('download').hidden = true;
  $('numbers').textContent = '';
}

async function runRestore() {
  const picture = state.damaged, mine = turn, chosen = task(), mask = chosen.takesMask ? paintedMask() : null;
  if (chosen.takesMask && !mask) return say('Nothing is painted. ' + pressRestore);
  $('run').disabled = true;
  $('cancel').disabled = false;
  $('progress').value = 0;
  say(`The ${chosen.label} restores ${picture.width} x ${picture.height} pixels`);
  try {
    const answer = await restorer.restore(picture, chosen, mask);
    if (mine !== turn || chosen !== task()) return;
    state.restored = answer.picture;
    showPair();
    await showDownload();
    if (state.restored !== answer.picture) return;
    const {width, height} = state.restored, isComparable = state.original !== picture && width === picture.width;
    const gain = !isComparable ? '' : ` Closeness to the clean picture (PSNR; more is closer): ${psnr(state.original, picture).toFixed(2)} dB before, ` +
      `${psnr(state.original, state.restored).toFixed(2)} dB after.`;
    $('numbers').textContent = answer.text + gain;
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
  showPaint();
  showPair();
  if (state.restored) return;
  forgetRestored();
  if (task().takesMask) return say(pressRestore);
  const pixels = state.damaged.width * state.damaged.height;
  if (pixels <= largestAtOnce) return runRestore();
  say(`${state.damaged.width} x ${state.damaged.height} pixels: press Restore`);
};
$('run').onclick = safely(() => state.damaged && runRestore());
$('cancel').onclick = () => restorer.stop();
$('split').oninput = showSplit;
$('zoom').onchange = () => state.damaged && showPair();
