;; The second alloc leaves no room for address and length.
(module
  (memory (export "memory") 1)
  (global $n (mut i32) (i32.const 0))
  (func (export "alloc") (param i32) (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (select (i32.const 16777212) (i32.const 64) (i32.eq (global.get $n) (i32.const 2))))
  (func (export "step") (param i32 i32 i32))
)
