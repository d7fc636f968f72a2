func.func @f(%c: i1, %i: i32, %f: f32, %x: index, %v: vector<4xf32>, %vi: vector<4xi1>) {
  %0 = arith.constant true
  %1 = arith.constant 1 : i32
  %2 = arith.constant 1.5 : f32
  %3 = arith.constant {a} 1 : index
  %4 = arith.constant dense<[1, 2, 3, 4]> : vector<4xi8>
  %5 = arith.addi %i, %i overflow<nsw> : i32
  %6 = arith.subi %x, %x : index
  %7 = arith.muli %i, %i overflow<nsw, nuw> {q} : i32
  %8 = arith.divsi %i, %i exact : i32
  %9 = arith.ceildivsi %i, %i : i32
  %10 = arith.shrui %i, %i : i32
  %11 = arith.maxui %i, %i : i32
  %12 = arith.cmpi slt, %i, %i : i32
  %13 = arith.cmpf ult, %f, %f : f32
  %14 = arith.cmpf true, %v, %v fastmath<fast> : vector<4xf32>
  %15 = arith.select %c, %v, %v : vector<4xf32>
  %16 = arith.select %vi, %v, %v : vector<4xi1>, vector<4xf32>
  %17 = arith.addf %f, %f fastmath<nnan,ninf> : f32
  %18 = arith.subf %f, %f {b = 1} : f32
  %19 = arith.divf %f, %f to_nearest_even : f32
  %20 = arith.mulf %f, %f upward fastmath<fast> : f32
  %21 = arith.negf %f fastmath<contract> : f32
  %22 = arith.minimumf %f, %f : f32
  %23 = arith.extf %f fastmath<fast> : f32 to f64
  %24 = arith.truncf %f to_nearest_even fastmath<fast> : f32 to f16
  %25 = arith.truncf %f : f32 to f16
  %26 = arith.extsi %i : i32 to i64
  %27 = arith.extui %i nneg : i32 to i64
  %28 = arith.trunci %i overflow<nsw> : i32 to i16
  %29 = arith.sitofp %i : i32 to f32
  %30 = arith.uitofp %i nneg : i32 to f32
  %31 = arith.fptosi %f : f32 to i32
  %32 = arith.index_cast %i : i32 to index
  %33 = arith.index_castui %i nneg : i32 to index
  %34 = arith.bitcast %i : i32 to f32
  return
}
