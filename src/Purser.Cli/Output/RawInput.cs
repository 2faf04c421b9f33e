using System.Text;

namespace Purser.Cli.Output;

/// <summary>Standard input that is no terminal, read a byte at a time: whoever reads a secret from it leaves no copy in a buffer, and what follows is there for a later reader.</summary>
internal sealed class RawInput(Stream stream) : TextReader
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly byte[] _byte = new byte[1];
    private readonly char[] _chars = new char[2];
    private int _count;
    private int _next;
    private bool _begun;

    /// <inheritdoc/>
    public override int Peek() => Fill() ? _chars[_next] : -1;

    /// <inheritdoc/>
    public override int Read()
    {
        if (!Fill())
        {
            return -1;
        }

        var c = _chars[_next];
        _chars[_next++] = '\0';
        return c;
    }

    private bool Fill()
    {
        while (_next == _count)
        {
            _next = 0;
            var read = stream.Read(_byte, 0, 1);
            _count = _decoder.GetChars(_byte, 0, read, _chars, 0, flush: read == 0);
            _byte[0] = 0;
            if (!_begun && _count > 0)
            {
                _begun = true;
                _next = _chars[0] == '\uFEFF' ? 1 : 0;
            }

            if (read == 0 && _count == 0)
            {
                return false;
            }
        }

        return true;
    }
}
