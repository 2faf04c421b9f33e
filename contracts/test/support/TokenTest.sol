// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestUSD} from "../../src/TestUSD.sol";
import {Test} from "./Test.sol";

/// @dev The six fields that a payer signs.
struct Authorization {
    address from;
    address to;
    uint256 value;
    uint256 validAfter;
    uint256 validBefore;
    bytes32 nonce;
}

/// @title A token with a payer who has money, and the ways to sign for it and to submit
/// @notice Digests are laid out here by hand from the standards' texts, not read from the token: a wrong type or domain
/// in the token makes its tests fail.
abstract contract TokenTest is Test {
    /// @dev Each call exists in two forms: with the signature in parts and with the signature as bytes.
    enum Form {
        Split,
        Packed
    }

    enum Kind {
        Transfer,
        Receive
    }

    uint256 internal constant NOW = 1_800_000_000;
    uint256 internal constant FUNDS = 1_000e6;
    bytes internal constant USED = "FiatTokenV2: authorization is used or canceled";
    bytes internal constant INVALID = "FiatTokenV2: invalid signature";

    TestUSD internal token;
    Form internal form;
    uint256 internal payerKey;
    address internal payer;
    address internal payee;
    address internal stranger;

    function setUp() public virtual {
        vm.warp(NOW);
        token = new TestUSD(address(this));
        payerKey = key(0);
        payer = vm.addr(payerKey);
        payee = vm.addr(key(1));
        stranger = vm.addr(key(2));
        token.mint(payer, FUNDS);
    }

    /// @dev Runs a test in one form and, from the same state, in the other.
    modifier inBothForms() {
        uint256 before = vm.snapshotState();
        form = Form.Split;
        _;
        vm.revertToState(before);
        form = Form.Packed;
        _;
    }

    /// @dev 25 dollars from the payer to the payee, valid now.
    function authorization() internal view returns (Authorization memory) {
        return Authorization(payer, payee, 25e6, NOW - 1, NOW + 60, keccak256("nonce"));
    }

    function domainSeparator(address verifyingContract) internal view returns (bytes32) {
        bytes32 domain = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(domain, keccak256("Test USD"), keccak256("1"), block.chainid, verifyingContract));
    }

    function digest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(address(token)), structHash));
    }

    function paymentDigest(Kind kind, Authorization memory a) internal view returns (bytes32) {
        bytes32 typeHash = kind == Kind.Transfer
            ? keccak256(
                "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
            )
            : keccak256(
                "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
            );
        return digest(keccak256(abi.encode(typeHash, a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce)));
    }

    function cancelDigest(address authorizer, bytes32 nonce) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        return digest(keccak256(abi.encode(typeHash, authorizer, nonce)));
    }

    function permitDigest(address owner, address spender, uint256 value, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        return digest(keccak256(abi.encode(typeHash, owner, spender, value, nonce, deadline)));
    }

    /// @dev Submits in the form of the test, from whoever may: anyone, or the payee.
    function pay(Kind kind, Authorization memory a, bytes memory signature) internal {
        payAs(kind == Kind.Transfer ? stranger : a.to, kind, a, signature);
    }

    function payAs(address caller, Kind kind, Authorization memory a, bytes memory signature) internal {
        if (form == Form.Packed) {
            vm.prank(caller);
            if (kind == Kind.Transfer) {
                token.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature);
            } else {
                token.receiveWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature);
            }
            return;
        }

        (uint8 v, bytes32 r, bytes32 s) = split(signature);
        vm.prank(caller);
        if (kind == Kind.Transfer) {
            token.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
        } else {
            token.receiveWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
        }
    }

    function cancel(address authorizer, bytes32 nonce, bytes memory signature) internal {
        if (form == Form.Packed) {
            vm.prank(stranger);
            token.cancelAuthorization(authorizer, nonce, signature);
            return;
        }

        (uint8 v, bytes32 r, bytes32 s) = split(signature);
        vm.prank(stranger);
        token.cancelAuthorization(authorizer, nonce, v, r, s);
    }

    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes memory signature) internal {
        if (form == Form.Packed) {
            vm.prank(stranger);
            token.permit(owner, spender, value, deadline, signature);
            return;
        }

        (uint8 v, bytes32 r, bytes32 s) = split(signature);
        vm.prank(stranger);
        token.permit(owner, spender, value, deadline, v, r, s);
    }

    /// @dev The next call reverts with `text`, as `require(false, text)` does.
    function expectReason(bytes memory text) internal {
        vm.expectRevert(abi.encodeWithSignature("Error(string)", text));
    }

    /// @dev Nothing of `a` has happened: the money lies where it lay, and the nonce can still be used.
    function assertUntouched(Authorization memory a) internal view {
        vm.assertEq(token.balanceOf(payer), FUNDS, "payer's balance");
        vm.assertEq(token.balanceOf(a.to), a.to == payer ? FUNDS : 0, "payee's balance");
        vm.assertFalse(token.authorizationState(a.from, a.nonce), "nonce");
    }
}
