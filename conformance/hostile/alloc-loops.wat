;; alloc never ends.
(module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
  (func $step (export "step") (param $ptr i32) (param $len i32) (result i32 i32)
    (local.get $ptr) (local.get $len)
  )
)
