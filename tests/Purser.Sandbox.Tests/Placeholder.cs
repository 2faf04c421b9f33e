namespace Purser.Sandbox.Tests;
