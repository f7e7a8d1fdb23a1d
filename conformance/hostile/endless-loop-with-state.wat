;; A loop that ends after 2^64 rounds and writes memory in each.
(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 4096))
  (func (export "alloc") (param $n i32) (result i32)
    (local $p i32)
    (local.set $p (global.get $heap))
    (global.set $heap
      (i32.and (i32.add (i32.add (local.get $p) (local.get $n)) (i32.const 7)) (i32.const -8)))
    (local.get $p))
  (func $step (export "step") (param $ptr i32) (param $len i32) (result i32 i32)
    (local $i i64)
    (loop $again
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (i64.store (i32.const 0) (local.get $i))
      (br_if $again (i64.ne (local.get $i) (i64.const 0))))
    (local.get $ptr) (local.get $len)
  )
)
