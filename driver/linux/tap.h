/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs of the tap and its client share. Keep in step: src/Mirror.Driver/Taps/TapLayout.cs, TapConfig.cs, TapControl.cs,
 * docs/internals.md ("The tap"). A change of anything here, or of what it means, raises TAP_VERSION: pinned programs of another version
 * are not continued.
 *
 * The map `bits` holds five planes of 64-bit words: marks 0, marks 1, issued 0, issued 1, and kept, which is the client's alone. Each plane is
 *     header    512 words: [0] generation number, [1] undelivered records of it
 *     summary   one bit a page of leaf words, set after the leaf
 *     leaf      one bit a granule
 * and each part begins on a page, so that parts can be mapped one by one.
 */
#ifndef DISKMIRROR_TAP_H
#define DISKMIRROR_TAP_H

#define TAP_MAGIC 0x3150415452494d44ULL /* "DMIRTAP1" */
#define TAP_VERSION 3

#define TAP_HEADER_WORDS 512
#define TAP_WORD_GENERATION 0
#define TAP_WORD_UNDELIVERED 1
#define TAP_LEAF_PAGE_SHIFT 9 /* log2 of the words in a page */

/* tap_control.state, read once an event: everything that one event does belongs to one generation and one rate. */
#define TAP_STATE_MARKS 0x1ULL  /* plane of the current generation */
#define TAP_STATE_ISSUED 0x2ULL /* plane of issued writes, 2 + this */
#define TAP_STATE_RATE_SHIFT 8
#define TAP_STATE_RATE_MASK 0x300ULL
#define TAP_RATE_OFF 0
#define TAP_RATE_LO 1
#define TAP_RATE_HI 2

/* Kinds of records: TapRecordKind. */
#define TAP_DATA 1
#define TAP_ZERO 2
#define TAP_BLOCK 3
#define TAP_SIDE_READ 4

#define TAP_FLAG_ZEROES_UNCOUNTED 1 /* the driver leaves write-zeroes out of its statistics (zram) */

/* What does not change while the programs are loaded (.rodata). Sectors are 512 bytes. */
struct tap_config {
	u64 magic;
	u64 version;
	u8 boot_id[16];
	u64 diskseq;
	u32 major; /* of the whole disk, for kernels whose disks have no diskseq */
	u32 minor;
	u64 start; /* first sector of the volume on the whole disk */
	u64 sectors; /* of the volume */
	u64 disk_sectors; /* of the whole disk; what lies past it is a hole, or says that the disk has grown */
	u32 granule_shift; /* log2 of sectors in a granule */
	u32 flags;
	u64 plane_words;
	u64 leaf_base; /* words before the leaf part of a plane */
	u64 data_limit; /* bytes waiting in the ring from which the rate falls to Lo */
	u64 record_limit; /* records without data waiting from which it falls to Off */
	u64 ring_bytes;
	u64 vmemmap_base;
	u64 direct_map_base;
	u64 page_shift;
	u64 data_program; /* not 0: records can carry data */
	u64 bio_based;
};

/* What changes (.bss, mapped by the client). One writer a cache line where that matters. */
struct tap_control {
	/* Client and programs. */
	u64 state;
	u64 sleeping; /* the client waits in epoll: wake it */
	u64 short_consumed; /* records without data that the client has taken */
	u64 hide_completions; /* test switch: every Nth completion is not seen */
	u64 hide_issues; /* the same for issue events */
	u64 linger; /* test switch: nanoseconds that a program waits between reading state and marking */
	u64 pad0[2];

	/* Programs, at delivery. */
	u64 short_produced;
	u64 delivered; /* events */
	u64 undelivered; /* records that became bits only */
	u64 off_episodes;
	u64 pad1[4];

	/* Programs, at completion. */
	u64 completed_sectors; /* the sum that the kernel's statistics must confirm */
	u64 completed; /* events */
	u64 seen_completions; /* counts for hide_completions */
	u64 pad2[5];

	/* Programs, at issue. */
	u64 issued_sectors;
	u64 issued;
	u64 seen_issues;
	u64 pad3[5];

	/* Programs: what no bitmap and no sum can cover, or only the issue bitmap. */
	u64 untracked; /* pass-through commands with data */
	u64 beyond; /* sectors past the disk */
	u64 bio_lost; /* bios that could not be saved, or were queued while they still counted as queued */
	u64 unreadable; /* ranges whose data could not be read in memory; they became side reads */
	u64 pad4[4];

	/* Calibration only. */
	u64 cal_process; /* thread group whose bio is looked at */
	u64 cal_frame; /* page frame of the buffer */
	u64 cal_page_size; /* sizeof(struct page) */
	u64 cal_vmemmap;
	u64 cal_direct_map;
	u64 cal_seen;
	u64 cal_source; /* 1 symbols, 2 usual value, 3 search */
	u64 cal_pad;
	u64 cal_magic[8];

	/* Client only: kept here so that the next process can go on. */
	u64 client[64];
};

/* A record of the ring. Records with data have the data right after the header; there are a few sizes, each used for exactly that much. */
struct tap_record {
	u64 sector; /* of the volume */
	u64 request;
	u32 sectors;
	u8 kind;
	u8 last; /* of this completion */
	u16 reserved;
	u64 started; /* CLOCK_MONOTONIC, ns: the write was not on its way before */
	u64 completed; /* the same for all records of a completion */
};

#define TAP_MAX_STATE 512
struct tap_saved_state {
	u32 length;
	u32 reserved;
	u8 bytes[TAP_MAX_STATE];
};

#endif
