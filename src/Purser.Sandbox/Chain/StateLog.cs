using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Purser.Sandbox.Chain;

/// <summary>
/// The durable log under a chain: records one after another, each on the disk before <see cref="Append"/> returns.
/// A record is: length (4 bytes, big-endian), 4 bytes that check the length, the payload, 16 bytes that check it. Each check is a
/// SHA-256 over the check before it and the bytes, so that a record cannot be changed, moved or left out unnoticed. Because the length
/// has its own check, a record that is cut short (a process that died in the middle of a write, before anything was acknowledged)
/// is told apart from one that is damaged: the first is dropped, the second refused.
/// </summary>
internal sealed class StateLog : IDisposable
{
    private const int LengthCheck = 4;
    private const int PayloadCheck = 16;
    private const int HeadSize = 4 + LengthCheck;
    private const int MaxRecord = 64 * 1024 * 1024;

    private static readonly byte[] s_magic = "purser-sandbox-1\n"u8.ToArray();

    private readonly FileStream _file;
    private byte[] _check;
    private bool _isBroken;

    private StateLog(FileStream file, byte[] check)
    {
        _file = file;
        _check = check;
    }

    /// <summary>Opens or makes the file, for this process alone, and reads all whole records.</summary>
    /// <exception cref="StateFileException">It is damaged, in use, or not accessible.</exception>
    public static StateLog Open(string path, out List<byte[]> records)
    {
        var file = OpenFile(path);
        try
        {
            var content = new byte[file.Length];
            file.ReadExactly(content);
            records = Read(path, content, out var check, out var good);
            file.SetLength(good);
            file.Position = good;
            if (good == 0)
            {
                file.Write(s_magic);
            }
            file.Flush(flushToDisk: true);
            return new(file, check);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a record; it is on the disk when this returns.</summary>
    /// <exception cref="StateFileException">The disk refused; the log takes no more records then.</exception>
    public void Append(ReadOnlySpan<byte> payload)
    {
        if (_isBroken)
        {
            throw new StateFileException($"{_file.Name}: an earlier write failed; restart the sandbox to go on from the last whole record.");
        }
        var record = new byte[HeadSize + payload.Length + PayloadCheck];
        BinaryPrimitives.WriteInt32BigEndian(record, payload.Length);
        Check(_check, record.AsSpan(0, 4))[..LengthCheck].CopyTo(record, 4);
        payload.CopyTo(record.AsSpan(HeadSize));
        var next = Check(_check, record.AsSpan(0, HeadSize + payload.Length));
        next[..PayloadCheck].CopyTo(record, HeadSize + payload.Length);
        try
        {
            _file.Write(record);
            _file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What reached the disk is unknown: nothing may be written behind it.
            _isBroken = true;
            throw new StateFileException($"{_file.Name}: the block could not be written: {e.Message}", e);
        }
        _check = next;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

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

    private static List<byte[]> Read(string path, ReadOnlySpan<byte> content, out byte[] check, out int good)
    {
        var records = new List<byte[]>();
        check = SHA256.HashData(s_magic);
        good = 0;
        if (content.Length < s_magic.Length && s_magic.AsSpan().StartsWith(content))
        {
            return records;
        }
        if (!content.StartsWith(s_magic))
        {
            throw new StateFileException($"{path}: this is not a sandbox state file (its first bytes are others). Name another file, or move this one away.");
        }
        good = s_magic.Length;
        while (content.Length - good >= HeadSize)
        {
            var head = content.Slice(good, HeadSize);
            var length = BinaryPrimitives.ReadInt32BigEndian(head);
            if (!Check(check, head[..4]).AsSpan(0, LengthCheck).SequenceEqual(head[4..]) || length is < 0 or > MaxRecord)
            {
                throw Damaged(path, records.Count, good, "its length does not match its check");
            }
            if (content.Length - good - HeadSize < length + PayloadCheck)
            {
                break;
            }
            var next = Check(check, content.Slice(good, HeadSize + length));
            if (!next.AsSpan(0, PayloadCheck).SequenceEqual(content.Slice(good + HeadSize + length, PayloadCheck)))
            {
                throw Damaged(path, records.Count, good, "its content does not match its check");
            }
            records.Add(content.Slice(good + HeadSize, length).ToArray());
            check = next;
            good += HeadSize + length + PayloadCheck;
        }
        return records;
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
