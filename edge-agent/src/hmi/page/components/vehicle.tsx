/** The car from above: wheels, body, glass, lights, and the two axles with the shaft between them. */
export function Vehicle() {
  return (
    <g stroke-linecap="round" stroke-linejoin="round">
      <g class="wheels">
        <rect x="24" y="100" width="20" height="68" rx="8" />
        <rect x="212" y="100" width="20" height="68" rx="8" />
        <rect x="24" y="372" width="20" height="68" rx="8" />
        <rect x="212" y="372" width="20" height="68" rx="8" />
      </g>
      <path
        class="shell"
        d="M128 20C170 20 201 31 210 62C217 88 219 128 219 170L219 392C219 446 211 474 190 484C172 492 150 494 128 494C106 494 84 492 66 484C45 474 37 446 37 392L37 170C37 128 39 88 46 62C55 31 86 20 128 20Z"
      />
      <path class="shell" d="M39 186l-14 6c-5 2-6 10-1 12l14-2M217 186l14 6c5 2 6 10 1 12l-14-2" />
      <g class="glass">
        <path d="M60 186C82 164 174 164 196 186L184 232C158 222 98 222 72 232Z" />
        <path d="M74 408C100 417 156 417 182 408L194 446C168 458 88 458 62 446Z" />
        <path d="M54 206L66 242L68 396L54 428ZM202 206L190 242L188 396L202 428Z" />
      </g>
      <path class="crease" d="M66 60C76 96 74 134 62 172M190 60C180 96 182 134 194 172" />
      <path class="lights" d="M52 60C60 44 76 36 92 33M204 60C196 44 180 36 164 33" />
      <g class="axles">
        <path d="M46 134h22M84 134h88M188 134h22M46 406h22M84 406h88M188 406h22M128 134v272" />
        <circle cx="76" cy="134" r="8" />
        <circle cx="180" cy="134" r="8" />
        <circle cx="76" cy="406" r="8" />
        <circle cx="180" cy="406" r="8" />
      </g>
    </g>
  );
}
