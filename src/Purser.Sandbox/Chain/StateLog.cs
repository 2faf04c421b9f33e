using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Purser.Sandbox.Chain;

/// <summary>
/// The durable log under a chain: records one after another. <see cref="Append"/> hands a record to the operating system, so that it
/// outlives this process; <see cref="Commit"/> returns once everything appended before is on the disk. Writers that commit at the same time share one
/// flush of the disk.
/// A record is: length (4 bytes, big-endian), 4 bytes that check the length, the payload, 16 bytes that check it. Each check is a
/// SHA-256 over the check before it and the bytes, so that a record cannot be changed, moved or left out unnoticed. Because the length
/// has its own check, a record that is cut short (a process that died in the middle of a write, before anything was acknowledged)
/// is told apart from one that is damaged: the first is dropped, the second refused.
/// What is taken back is cut off (<see cref="CutTo"/>), so that the file never holds more than what counts.
/// </summary>
internal sealed class StateLog : IDisposable
{
    private const int LengthCheck = 4;
    private const int PayloadCheck = 16;
    private const int HeadSize = 4 + LengthCheck;
    private const int MaxRecord = 64 * 1024 * 1024;
    private const string Product = "purser-sandbox-";

    private static readonly byte[] s_magic = "purser-sandbox-2\n"u8.ToArray();

    private readonly FileStream _file;
    private readonly Lock _flushing = new();

    // Where each record ends, and the check there: what the next one is checked against.
    private readonly List<Place> _places;
    private long _written;
    private long _flushed;
    private bool _isDisposed;
    private volatile bool _isBroken;

    private StateLog(FileStream file, List<Place> places, string? notice)
    {
        _file = file;
        _places = places;
        Notice = notice;
    }

    private readonly record struct Place(long End, byte[] Check);

    /// <summary>What was cut off when the file was opened, for a human; null when nothing was.</summary>
    public string? Notice { get; }

    /// <summary>The records that there are.</summary>
    public int Count => _places.Count - 1;

    /// <summary>Opens or makes the file, for this process alone, and reads all whole records.</summary>
    /// <exception cref="StateFileException">It is damaged, in use, of another version, or not accessible.</exception>
    public static StateLog Open(string path, out List<byte[]> records)
    {
        var file = OpenFile(path);
        try
        {
            if (file.Length > Array.MaxLength)
            {
                throw new StateFileException($"{path}: the file has {file.Length} bytes, more than the sandbox can read.");
            }
            var content = new byte[file.Length];
            file.ReadExactly(content);
            records = [];
            var places = new List<Place> { new(s_magic.Length, SHA256.HashData(s_magic)) };
            Read(path, content, records, places);
            var good = places[^1].End;
            var notice = content.Length > good
                ? $"{path}: the last {content.Length - good} bytes were cut off: a record that was not finished when the sandbox ended, and that nobody was told of." : null;
            // A file that is younger than its first line begins anew.
            if (content.Length < s_magic.Length)
            {
                file.Position = 0;
                file.Write(s_magic);
            }
            file.SetLength(good);
            file.Position = good;
            file.Flush(flushToDisk: true);
            return new(file, places, notice);
        }
        catch (IOException e) when (e is not StateFileException)
        {
            file.Dispose();
            throw new StateFileException($"{path}: the state file could not be read or begun: {e.Message}", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a record behind all others; it outlives this process, but is on the disk only after <see cref="Commit"/>. One caller at a time.</summary>
    /// <exception cref="StateFileException">The disk is full or refused; nothing was added.</exception>
    public void Append(ReadOnlySpan<byte> payload)
    {
        CheckUsable();
        if (payload.Length > MaxRecord)
        {
            throw new StateFileException($"{_file.Name}: a record of {payload.Length} bytes is more than {MaxRecord}.");
        }
        var last = _places[^1];
        var record = new byte[HeadSize + payload.Length + PayloadCheck];
        BinaryPrimitives.WriteInt32BigEndian(record, payload.Length);
        Check(last.Check, record.AsSpan(0, 4)).AsSpan(0, LengthCheck).CopyTo(record.AsSpan(4));
        payload.CopyTo(record.AsSpan(HeadSize));
        var check = Check(last.Check, record.AsSpan(0, HeadSize + payload.Length));
        check.AsSpan(0, PayloadCheck).CopyTo(record.AsSpan(HeadSize + payload.Length));
        try
        {
            _file.Write(record);
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            GoBackTo(last.End);
            throw new StateFileException($"{_file.Name}: the chain could not be written, and is as before: {e.Message}", e);
        }
        _places.Add(new(last.End + record.Length, check));
        Interlocked.Increment(ref _written);
    }

    /// <summary>Takes back all records but the first so many. The same thread rules as for <see cref="Append"/>.</summary>
    /// <exception cref="StateFileException">The disk refused.</exception>
    public void CutTo(int count)
    {
        CheckUsable();
        if (count >= Count)
        {
            return;
        }
        try
        {
            _file.SetLength(_places[count].End);
            _file.Position = _places[count].End;
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            _isBroken = true;
            throw new StateFileException($"{_file.Name}: the chain could not be taken back: {e.Message}", e);
        }
        _places.RemoveRange(count + 1, _places.Count - count - 1);
        Interlocked.Increment(ref _written);
    }

    /// <summary>Returns once what was appended or taken back before is on the disk. Any number of callers at once, beside a writer: the first flushes for all that wait.</summary>
    /// <exception cref="StateFileException">The disk refused; the log takes no more records then.</exception>
    public void Commit()
    {
        var mine = Interlocked.Read(ref _written);
        lock (_flushing)
        {
            if (_isBroken)
            {
                CheckUsable();
            }
            // Somebody flushed meanwhile; or closed, which flushes.
            if (_flushed >= mine || _isDisposed)
            {
                return;
            }
            var all = Interlocked.Read(ref _written);
            try
            {
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
            }
            catch (Exception e) when (IsOfDisk(e))
            {
                // What reached the disk is unknown: nothing may be built on it.
                _isBroken = true;
                throw new StateFileException($"{_file.Name}: the disk did not take the chain: {e.Message}", e);
            }
            _flushed = all;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_flushing)
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
            try
            {
                _file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                // Whoever waited for it was told; there is nobody left to tell.
            }
            _file.Dispose();
        }
    }

    // A file that may not grow further (EFBIG, of a limit on the process) is said with an ArgumentOutOfRangeException by the base library.
    private static bool IsOfDisk(Exception exception) => exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    // After a failed write: what there is of the record goes, so that the next one may follow when there is room again.
    private void GoBackTo(long end)
    {
        try
        {
            _file.SetLength(end);
            _file.Position = end;
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            _isBroken = true;
        }
    }

    private void CheckUsable()
    {
        if (_isBroken)
        {
            throw new StateFileException($"{_file.Name}: an earlier write failed; restart the sandbox to go on from the last whole record.");
        }
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new StateFileException($"{path}: the state file cannot be opened (is another sandbox using it?): {e.Message}", e);
        }
    }

    private static void Read(string path, ReadOnlySpan<byte> content, List<byte[]> records, List<Place> places)
    {
        if (content.Length < s_magic.Length && s_magic.AsSpan().StartsWith(content))
        {
            return;
        }
        if (!content.StartsWith(s_magic))
        {
            throw Foreign(path, content);
        }
        while (content.Length - places[^1].End >= HeadSize)
        {
            var (start, check) = ((int)places[^1].End, places[^1].Check);
            var head = content.Slice(start, HeadSize);
            var length = BinaryPrimitives.ReadInt32BigEndian(head);
            if (!Check(check, head[..4]).AsSpan(0, LengthCheck).SequenceEqual(head[4..]) || length is < 0 or > MaxRecord)
            {
                // A disk that lost power may have made room for a record and never filled it.
                if (!content[start..].ContainsAnyExcept((byte)0))
                {
                    return;
                }
                throw Damaged(path, records.Count, start, "its length does not match its check");
            }
            if (content.Length - start - HeadSize < length + PayloadCheck)
            {
                return;
            }
            var next = Check(check, content.Slice(start, HeadSize + length));
            if (!next.AsSpan(0, PayloadCheck).SequenceEqual(content.Slice(start + HeadSize + length, PayloadCheck)))
            {
                throw Damaged(path, records.Count, start, "its content does not match its check");
            }
            records.Add(content.Slice(start + HeadSize, length).ToArray());
            places.Add(new(start + HeadSize + length + PayloadCheck, next));
        }
    }

    private static StateFileException Foreign(string path, ReadOnlySpan<byte> content)
    {
        var line = content[..Math.Min(content.Length, s_magic.Length + 8)];
        if (!line.StartsWith("purser-sandbox-"u8) || line.IndexOf((byte)'\n') is not (> 0 and var end)
            || !int.TryParse(line[Product.Length..end], System.Globalization.CultureInfo.InvariantCulture, out var version))
        {
            return new($"{path}: this is not a sandbox state file (its first bytes are others). Name another file, or move this one away.");
        }
        return new($"{path}: this file is of version {version}, and this sandbox reads version 2. {(version > 2 ? "Use the newer sandbox that wrote it" : "Move it away to start anew")}.");
    }

    private static StateFileException Damaged(string path, int record, int offset, string reason) =>
        new($"{path}: record {record} at byte {offset} is damaged: {reason}. Restore the file from a copy, or move it away to start anew.");

    private static byte[] Check(ReadOnlySpan<byte> before, ReadOnlySpan<byte> bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        hash.AppendData(bytes);
        return hash.GetHashAndReset();
    }
}
