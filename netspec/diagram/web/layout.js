// Graphviz in a worker: the page stays alive while it runs, and a layout that takes too long ends.

let engine = null; // the worker; it starts with the first layout

async function start() {
  const packed = Uint8Array.from(atob(document.getElementById("engine").textContent), (c) =>
    c.charCodeAt(0),
  );
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const code = [
    await new Response(unpacked).blob(),
    "\n",
    document.getElementById("worker").textContent,
  ];
  const address = URL.createObjectURL(new Blob(code, { type: "text/javascript" }));
  const worker = new Worker(address); // a classic one: Chromium starts no module from a page on disk
  worker.address = address;
  return worker;
}

function stop(worker) {
  worker.terminate();
  URL.revokeObjectURL(worker.address);
  engine = null;
}

/** The SVG text of DOT text. An Error says why there is none. */
async function layOut(dot) {
  engine ??= await start();
  const worker = engine;
  return new Promise((resolve, reject) => {
    const fail = (reason) => {
      clearTimeout(timer);
      stop(worker);
      reject(new Error(reason));
    };
    const timer = setTimeout(
      () => fail(`it took longer than ${data.limits.seconds} seconds`),
      data.limits.seconds * 1000,
    );
    worker.onerror = (event) => fail(event.message || "this browser did not start the layout");
    worker.onmessage = ({ data: done }) => {
      clearTimeout(timer);
      if (done.svg) resolve(done.svg);
      else fail(done.error);
    };
    worker.postMessage(dot);
  });
}
