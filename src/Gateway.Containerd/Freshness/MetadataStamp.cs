namespace Gateway.Containerd.Freshness;

/// <summary>
/// A state of one daemon's metadata: what was read after a stamp was taken is still true while the stamp is the same.
/// </summary>
/// <remarks>
/// <para>
/// Image records, which blobs and snapshots a namespace has, and their labels all stand in one bbolt database. A writer changes it like this:
/// it writes new pages, syncs, writes the meta page that points at them and carries the next transaction's number, syncs again, and only then
/// answers its caller. Readers inside the daemon start from the same meta page, which they see through a mapping of the file; Linux keeps
/// mapping, read and write of a file coherent. So the number is there to be read no later than the change can be seen, and before it is acknowledged.
/// </para>
/// <para>
/// Take stamp A, then read from the daemon: the answer holds all of transaction A. A later question takes stamp B first. Every change acknowledged
/// before that question is in B; where B is A, it was in the answer. A change that came between A and the reading makes B differ, and the answer is
/// dropped: too careful, never stale. No clock is in this: times of files have a granularity and can be set, a number that only grows cannot lie.
/// </para>
/// <para>
/// What the snapshotters keep in databases of their own is used only for committed snapshots. Name and usage of those are fixed before
/// the metadata database names them, and they go after it has let them go.
/// </para>
/// </remarks>
/// <param name="Daemon">Who was asked: one object for one run of one daemon. Compared by reference.</param>
/// <param name="Transaction">The last transaction of its metadata database.</param>
public readonly record struct MetadataStamp(object Daemon, ulong Transaction);
