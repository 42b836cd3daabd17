// jsdom lacks it; JupyterLab's ui-components need it when they load. Tests in plain node need neither.
if ('MouseEvent' in globalThis && !('DragEvent' in globalThis)) {
  class DragEventStub extends MouseEvent {}
  Object.assign(globalThis, { DragEvent: DragEventStub });
}
// No media query ever matches: Jupyter's web components ask for the colour scheme when they load.
if (
  'window' in globalThis &&
  typeof globalThis.window.matchMedia !== 'function'
) {
  window.matchMedia = (media: string): MediaQueryList =>
    Object.assign(new EventTarget(), {
      matches: false,
      media,
      onchange: null,
      addListener: () => undefined,
      removeListener: () => undefined
    });
}
