using Purser.SystemTests.CommandLine;

namespace Purser.SystemTests.Skill;

/// <summary>One <c>purser up</c> for all lines of the skill's checklist that need a shop.</summary>
[CollectionDefinition(Name)]
public sealed class SkillCollection : ICollectionFixture<RunningUp>
{
    /// <summary>The collection.</summary>
    public const string Name = "skill";
}
