// Real disks, a real tap and bounds on time: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
