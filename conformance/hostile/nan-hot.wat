;; Hashes the bits of NaN in a loop that changes compiler tiers on the way.
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
    (local $i i32) (local $x f64) (local $h i64)
    (loop $more
      (local.set $x (f64.div (f64.convert_i32_s (i32.and (local.get $i) (i32.const 1))) (f64.convert_i32_s (i32.and (local.get $i) (i32.const 1)))))
      (local.set $h (i64.add (i64.rotl (local.get $h) (i64.const 5)) (i64.reinterpret_f64 (f64.add (local.get $x) (f64.reinterpret_i64 (i64.const 0xfff000000000abcd))))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
    (i64.store (i32.const 0) (local.get $h))
    (i32.const 0) (i32.const 8)
  )
)
