;; A shared memory.
(module
  (memory (export "memory") 1 2 shared)
  (global $heap (mut i32) (i32.const 4096))
  (func (export "alloc") (param $n i32) (result i32)
    (local $p i32)
    (local.set $p (global.get $heap))
    (global.set $heap
      (i32.and (i32.add (i32.add (local.get $p) (local.get $n)) (i32.const 7)) (i32.const -8)))
    (local.get $p))
  (func $step (export "step") (param $ptr i32) (param $len i32) (result i32 i32)
    (local.get $ptr) (local.get $len)
  )
)
