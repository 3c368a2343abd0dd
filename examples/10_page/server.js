// The second engine: the program `depix serve`, which has loaded this page. It restores by all models that the tool has.
// Networks are opened and trained by WebAssembly, where the program has that, too.
const server = {hasEngine: false, asked: null};

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    throw new Error(options.signal?.aborted ? 'cancelled' : 'depix serve does not answer. Was it ended?');
  }
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

// A sample and a damage that suit what the tool says of a model.
function taskOf({name, about, takes_mask: takesMask}) {
  const known = tasks.find(one => one.model === name);
  if (known) return known;
  const sample = /page/.test(about) ? 'page' : /text/.test(about) ? 'text0' : 'scene';
  const [, damage, strength] = [[/noise/, 'noise', 25], [/JPEG/, 'jpeg', 20], [/pixelated/, 'pixelation', 3], [/blur/, 'blur', 2],
                                [/stains|old/, 'stains', 60], [/./, 'none', 0]].find(([words]) => words.test(about));
  return {id: name, model: name, label: name.replaceAll('_', ' '), sample, damage, strength, takesMask};
}
async function useServer() {
  const {engine: hasEngine, models} = await (await ask('models')).json();
  server.hasEngine = hasEngine;
  choices = models.map(taskOf);
  $('where').textContent = 'Networks that restore pictures run in the program depix serve, on this machine. Nothing leaves it.';
}

const serverRestorer = {
  async restore(picture, {model}, mask) {
    const asked = server.asked = new AbortController(), form = new FormData(), start = performance.now();
    form.append('picture', await encodePicture(picture, 'image/png'), 'picture.png');
    if (mask) form.append('mask', await encodePicture(mask, 'image/png'), 'mask.png');
    $('progress').removeAttribute('value');  // how far it is, is not known
    try {
      const answer = await ask('restore/' + model, {method: 'POST', body: form, signal: asked.signal});
      const restored = await decodePicture(await answer.blob(), 'the answer'), warnings = answer.headers.get('X-Warnings');
      asked.signal.throwIfAborted();
      return {picture: restored, text: `${Number(answer.headers.get('X-Milliseconds')).toFixed(0)} ms in depix serve; ` +
        `${(performance.now() - start).toFixed(0)} ms with the way there and back.` + (warnings ? ` Note: ${warnings}.` : '')};
    } catch (error) {
      throw asked.signal.aborted ? new Error('cancelled') : error;
    } finally {
      $('progress').value = 0;
    }
  },
  stop: () => server.asked?.abort(),
};

// What the tab Open shows of a network that the browser has not.
async function showServersDrawing() {
  const {model, label} = task(), mine = turn;
  const svg = await (await ask('draw/' + model)).text();
  if (mine !== turn || model !== task().model) return;
  $('drawing').innerHTML = svg;
  Object.assign(open_, {network: task().id, turn: mine});
  say(server.hasEngine ? `"${label}" is drawn, but it cannot be opened. These can: ${tasks.map(one => one.label).join(', ')}.`
                       : `"${label}" is drawn, but it cannot be opened, because depix serve was started without --page.`);
}
