'use strict';
// The engine in a worker. page.js makes the worker from this function's text, because a page that was opened as a file
// may not load a worker from another file. Every message is {id, call, ...}, every answer {id, result} or {id, error}.
function depixWorker() {
  let engine = null;
  const heap = () => new Uint8Array(engine.memory.buffer);

  function text() {
    const at = engine.page_text() >>> 0, all = heap();
    return new TextDecoder().decode(all.slice(at, all.indexOf(0, at)));
  }
  function check(result) {
    if (result < 0) throw new Error(text());
    return result;
  }
  function send(bytes) {  // into the engine's memory
    const at = engine.page_memory(bytes.length) >>> 0;
    if (at === 0) throw new Error(text());
    heap().set(bytes, at);
  }
  const receive = count => { const at = engine.page_bytes() >>> 0; return heap().slice(at, at + count); };
  function receiveFloats(at, count) {
    if (!at) throw new Error('there is no such layer');
    return new Float32Array(engine.memory.buffer.slice(at >>> 0, (at >>> 0) + 4 * count));
  }
  function sendPicture({channels, height, width, rgba}) {
    send(rgba);
    check(engine.page_picture(channels, height, width));
  }

  const calls = {
    async start({module}) {
      const instance = await WebAssembly.instantiate(module, {
        page: {progress: (done, count) => postMessage({done, count})},
        env: {emscripten_notify_memory_growth() {}},
        wasi_snapshot_preview1: {proc_exit(code) { throw new Error('the engine stopped: ' + code); }},
      });
      engine = instance.exports;
      engine._initialize();
    },
    load({network, weights}) {
      send(weights);
      check(engine.page_load(network));
    },
    restore(picture) {
      sendPicture(picture);
      const start = performance.now();
      check(engine.page_restore(picture.network, picture.tile));
      const milliseconds = performance.now() - start;
      return {rgba: receive(picture.height * picture.width * 4), milliseconds};
    },
    draw({network, height, width}) {
      check(engine.page_draw(network, height, width));
      return text();
    },
    open(picture) {
      sendPicture(picture);
      check(engine.page_open(picture.network));
      return JSON.parse(text());
    },
    maps: ({layer, count}) => receiveFloats(engine.page_maps(layer), count),
    explain({layer, channel, row, column}) {
      check(engine.page_explain(layer, channel, row, column));
      return JSON.parse(text());
    },
    openOther(picture) {
      sendPicture(picture);
      check(engine.page_open_other());
    },
    decode({channel, factor, fromOther, count}) {
      check(engine.page_decode(channel, factor, fromOther ? 1 : 0));
      return receive(count);
    },
    trainStart({pairs, width, skip, adam, rate, seed, rgba}) {
      send(rgba);
      return check(engine.page_train_start(pairs, width, skip ? 1 : 0, adam ? 1 : 0, rate, seed));
    },
    trainBack: () => check(engine.page_train_back()),
    trainSteps({steps, batch, rate}) {
      const losses = [];
      for (let i = 0; i < steps; ++i) {
        const loss = engine.page_train_step(batch, rate);
        if (Number.isNaN(loss)) throw new Error(text());
        losses.push(loss);
      }
      return losses;
    },
    trainShow({pair, bytes, width}) {
      check(engine.page_train_output(pair));
      return {rgba: receive(bytes), filters: receiveFloats(engine.page_train_filters(), width * 27)};
    },
  };

  onmessage = async ({data}) => {
    try {
      const result = await calls[data.call](data);
      const moved = [result, result && result.rgba].filter(one => ArrayBuffer.isView(one)).map(one => one.buffer);
      postMessage({id: data.id, result}, moved);
    } catch (error) {
      postMessage({id: data.id, error: error.message});
    }
  };
}
