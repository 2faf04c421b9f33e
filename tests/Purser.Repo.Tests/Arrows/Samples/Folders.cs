#pragma warning disable IDE0130, MA0047 // three small folders of one sample, in one file
namespace Purser.Repo.Tests.Arrows.Samples.Left
{
    internal static class Clean
    {
        public static int Length(string text) => text.Length;
    }

    /// <summary>Uses the right folder without ever writing its name: in an inferred type, inside a lambda.</summary>
    internal static class Hidden
    {
        public static Func<string> Use() => () =>
        {
            var value = Middle.Bridge.Make();
            return new string('x', value.Length);
        };
    }
}

namespace Purser.Repo.Tests.Arrows.Samples.Middle
{
    internal static class Bridge
    {
        public static Right.Far Make() => new();
    }
}

namespace Purser.Repo.Tests.Arrows.Samples.Right
{
    internal sealed class Far
    {
        public int Length { get; } = Left.Clean.Length("right may use left");
    }
}
