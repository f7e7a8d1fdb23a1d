;; No alloc.
(module
  (memory (export "memory") 1)
  (func $step (export "step") (param $ptr i32) (param $len i32) (result i32 i32)
    (local.get $ptr) (local.get $len)
  )
)
